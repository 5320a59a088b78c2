import assert from "node:assert/strict";
import { z } from "zod";
import { Problem, SERVICE_NAMES } from "@codex/protocol";
import { freePort } from "../../infra/ports.ts";
import { callers, requireFresh, requireScope, subjectOf } from "./authorization.ts";
import { quietLogger } from "./logger.ts";
import { FIELD_ERRORS_TOLD_MAX, ProblemError } from "./problem_error.ts";
import { createServiceApp } from "./service_app.ts";
import { createServiceFetch, readReply } from "./service_client.ts";
import { createTestIdentities, testSubject } from "./testing.ts";
import { jsonBody, path, query } from "./validation.ts";

const identities = await createTestIdentities();
const identity = await identities.of("library");
let ready = true;
const app = createServiceApp({
  logger: quietLogger(),
  checks: { database: () => Promise.resolve(ready ? null : "The database can't be reached") },
})
  .get("/who", callers(identity, "gateway"), (c) => c.json(subjectOf(c), 200))
  .get("/manage", callers(identity, "gateway"), requireScope("library:manage"), (c) => c.json({}))
  .get("/fresh", callers(identity, "gateway"), requireFresh, (c) => c.json({}))
  .post(
    "/body",
    jsonBody(z.object({ a: z.int(), b: z.object({ c: z.string() }) })),
    (c) => c.json({}),
  )
  .post(
    "/either",
    jsonBody(z.object({ do: z.union([z.literal("ping"), z.object({ get: z.string() })]) })),
    (c) => c.json({}),
  )
  .post("/list", jsonBody(z.object({ items: z.array(z.int()) })), (c) => c.json({}))
  .post("/any", jsonBody(z.json()), async (c) => c.json(await c.req.json()))
  .get("/query", query(z.object({ n: z.coerce.number().int() })), (c) => c.json({}))
  .get("/things/:id", path(z.object({ id: z.uuid() })), (c) => c.json({}))
  .get("/throws", () => {
    throw new Error("select secret from passwords");
  })
  .get("/slow", async (c) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return c.json({});
  })
  .get("/busy", () => {
    throw new ProblemError("no_capacity", "All are busy", { retryAfterSeconds: 3 });
  });

async function problemOf(response: Response | Promise<Response>) {
  const reply = await response;
  assert.equal(reply.headers.get("content-type"), "application/problem+json");
  const problem = Problem.parse(await reply.json());
  assert.equal(problem.status, reply.status);
  return problem;
}

Deno.test("every service but those named is refused, and a call without identity too", async () => {
  assert.equal((await problemOf(app.request("/who"))).status, 401);
  for (const name of SERVICE_NAMES.filter((name) => name !== "gateway")) {
    const headers = await identities.headers(name, "library");
    assert.equal((await problemOf(app.request("/who", { headers }))).code, "forbidden");
  }
  const headers = await identities.headers("gateway", "library");
  assert.equal((await problemOf(app.request("/who", { headers }))).code, "unauthenticated");
  const subject = testSubject("reader");
  const withUser = await identities.headers("gateway", "library", subject);
  const reply = await app.request("/who", { headers: withUser });
  assert.deepEqual(await reply.json(), subject);
});

Deno.test("a body that is no JSON is refused with the place", async () => {
  const headers = {
    ...await identities.headers("gateway", "library", testSubject("admin")),
    "content-type": "application/json",
  };
  const body = '{\n  "items": [1,]\n}';
  const { code, detail } = await problemOf(
    app.request("/list", { method: "POST", headers, body }),
  );
  assert.equal(code, "bad_request");
  assert.match(detail, /^Is not JSON: line 2, column 15: /);
});

Deno.test("scopes and fresh authentication are checked", async () => {
  const reader = await identities.headers("gateway", "library", testSubject("reader"));
  assert.equal((await problemOf(app.request("/manage", { headers: reader }))).code, "forbidden");
  const stale = { ...testSubject("admin"), fresh: false };
  const headers = await identities.headers("gateway", "library", stale);
  assert.equal((await app.request("/manage", { headers })).status, 200);
  assert.equal(
    (await problemOf(app.request("/fresh", { headers }))).code,
    "fresh_authentication_required",
  );
});

Deno.test("every wrong field is named by pointer", async () => {
  const problem = await problemOf(app.request("/body", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ a: "x", b: { c: 1 } }),
  }));
  assert.equal(problem.status, 400);
  assert.deepEqual(problem.errors?.map((error) => error.pointer), ["/a", "/b/c"]);
  const ofQuery = await problemOf(app.request("/query?n=x"));
  assert.deepEqual(ofQuery.errors?.map((error) => error.pointer), ["?n"]);
});

const post = (path: string, body: BodyInit) =>
  app.request(path, { method: "POST", headers: { "content-type": "application/json" }, body });

Deno.test("of very many wrong fields the first are told, and no name is told at full length", async () => {
  const send = (path: string, body: unknown) =>
    app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const items = Array.from({ length: 20_000 }, () => "x");
  const reply = await send("/list", { items });
  const text = await reply.clone().text();
  assert.ok(text.length < 32 * 1024, `${text.length} characters`);
  const { errors } = await problemOf(reply);
  assert.equal(errors?.length, FIELD_ERRORS_TOLD_MAX);
  assert.equal(errors?.at(-1)?.pointer, `/items/${FIELD_ERRORS_TOLD_MAX - 1}`);
  const name = "😀".repeat(100_000);
  const long = new ProblemError("bad_request", name, {
    errors: [{ pointer: `/${name}`, detail: `Has no field "${name}"` }],
  });
  assert.ok(long.message.length < 20_000 && long.message.isWellFormed());
  assert.ok(JSON.stringify(long.errors).length < 5000);
});

Deno.test("a body that fits no alternative is told what the likeliest one lacks", async () => {
  const inside = await problemOf(post("/either", '{"do": {"get": 1}}'));
  assert.deepEqual(inside.errors?.map((error) => error.pointer), ["/do/get"]);
  const neither = await problemOf(post("/either", '{"do": "fly"}'));
  assert.match(neither.detail ?? "", /^\/do: .*"ping", or .*object/);
});

Deno.test("a body that is nested too deep is a bad request", async () => {
  const deep = await problemOf(post("/any", "[".repeat(50_000) + "]".repeat(50_000)));
  assert.equal(deep.detail, "The body is nested deeper than 64 levels");
});

Deno.test("a number that would be kept as another is refused by its place", async () => {
  for (const number of ["1e400", "-1e400", "1e-400", "9007199254740993"]) {
    const problem = await problemOf(post("/any", `{"a": {"b": [1, ${number}]}}`));
    assert.equal(problem.code, "bad_request");
    const detail = `The number ${number} can't be kept exactly: send it as a string`;
    assert.deepEqual(problem.errors, [{ pointer: "/a/b/1", detail }]);
  }
  const exact = '{"a":[9007199254740992,1e+300,0.1,"1e400"]}';
  assert.equal(await (await post("/any", exact)).text(), exact);
  assert.equal((await problemOf(post("/any", "[1e400"))).code, "bad_request");
});

Deno.test("malformed JSON is a bad request, an id that isn't one names nothing", async () => {
  const problem = await problemOf(app.request("/body", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{",
  }));
  assert.equal(problem.code, "bad_request");
  assert.equal((await problemOf(app.request("/things/x"))).code, "not_found");
  assert.equal((await problemOf(app.request("/nothing"))).code, "not_found");
});

Deno.test("what went wrong inside is never shown", async () => {
  const problem = await problemOf(app.request("/throws"));
  assert.equal(problem.code, "internal");
  assert.ok(!JSON.stringify(problem).includes("secret"));
});

Deno.test("health tells what is missing", async () => {
  assert.equal((await app.request("/health/live")).status, 200);
  assert.equal((await app.request("/health/ready")).status, 200);
  ready = false;
  const reply = await app.request("/health/ready");
  ready = true;
  assert.equal(reply.status, 503);
  assert.match(await reply.text(), /The database can't be reached/);
});

Deno.test("a client passes the service's problem on and keeps its deadline", async () => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, app.fetch);
  try {
    const baseUrl = `http://127.0.0.1:${server.addr.port}`;
    const send = createServiceFetch({
      identity: await identities.of("gateway"),
      audience: "library",
      baseUrl,
    });
    const context = { requestId: "request-0001" };
    const busy = await send(context)(`${baseUrl}/busy`);
    await assert.rejects(readReply("library", z.object({}), busy), (error) => {
      assert.ok(error instanceof ProblemError);
      assert.equal(error.code, "no_capacity");
      assert.equal(error.retryAfterSeconds, 3);
      return true;
    });
    assert.equal(busy.headers.get("x-request-id"), "request-0001");
    await assert.rejects(send(context, 50)(`${baseUrl}/slow`), (error) => {
      return error instanceof ProblemError && error.code === "deadline_exceeded";
    });
    await assert.rejects(
      readReply("library", z.object({ n: z.int() }), await send(context)(`${baseUrl}/health/live`)),
      (error) => error instanceof ProblemError && error.code === "service_failed",
    );
  } finally {
    await server.shutdown();
  }
});

Deno.test("a service that isn't there is unavailable, with a time to try again", async () => {
  const send = createServiceFetch({
    identity: await identities.of("gateway"),
    audience: "library",
    baseUrl: "",
  });
  await assert.rejects(
    send({ requestId: "request-0001" })(`http://127.0.0.1:${freePort()}/`),
    (error) =>
      error instanceof ProblemError && error.code === "service_unavailable" &&
      error.retryAfterSeconds !== undefined,
  );
});

Deno.test("a service that may not assert users calls on its own account, whoever asked it", async () => {
  const subject = testSubject("reader");
  for (
    const [service, expected] of [["gateway", subject], ["auth", undefined]] as const
  ) {
    let asserted: unknown = "nothing was sent";
    const send = createServiceFetch({
      identity: await identities.of(service),
      audience: "library",
      baseUrl: "",
      fetch: async (_input, init) => {
        const token = new Headers(init?.headers).get("authorization")?.replace("Bearer ", "") ?? "";
        const result = await identity.verify(token);
        asserted = result.ok ? result.caller.subject : result.reason;
        return new Response();
      },
    });
    await send({ requestId: "request-0001", subject })("http://library/");
    assert.deepEqual(asserted, expected, service);
  }
});
