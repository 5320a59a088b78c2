/** What holds for every operation of the public API. */
import { deepEqual as equal, match, ok } from "node:assert/strict";
import { API_BASE, type Operation, Problem, SCOPES_OF_ROLE } from "@codex/protocol";
import { OPERATIONS } from "@codex/protocol/operations";
import { testPluginSummary } from "@codex/service/testing";
import { bearer, cookie, createFixture, type Fixture, PUBLIC_ORIGIN } from "./testing/fixture.ts";

const ID = "0b54f1c4-6a0e-4f0a-9a53-6f2c6a6d5d11";

/** The operation's path with every parameter filled in. */
function pathOf(operation: Operation, id = operation.ownerByTask ? `syn_${ID}` : ID): string {
  return `${API_BASE}${operation.path.replaceAll(/\{\w+\}/g, id)}`;
}

const BODIES: Readonly<Record<string, string>> = {
  setSyncMode: '{"auto":true}',
  setUserPluginCredentials: '{"accessToken":"t"}',
};

/** Needs the cookie of a browser: see `routes/oauth_test.ts`. */
const BROWSER_ONLY: ReadonlySet<string> = new Set(["startUserPluginOauth"]);

function requestOf(operation: Operation, headers: Record<string, string> = {}): RequestInit {
  const takesBody = operation.body !== undefined || operation.stream !== undefined;
  return {
    method: operation.method.toUpperCase(),
    headers: {
      ...(takesBody && { "content-type": operation.stream ?? "application/json" }),
      ...headers,
    },
    ...(takesBody && { body: BODIES[operation.id] ?? '{"config":{}}' }),
  };
}

async function problemOf(reply: Response): Promise<Problem> {
  equal(reply.headers.get("content-type"), "application/problem+json");
  const problem = Problem.parse(await reply.json());
  equal(problem.status, reply.status);
  return problem;
}

async function callOf(
  fixture: Fixture,
  operation: Operation,
  headers: Record<string, string>,
): Promise<Response> {
  return await fixture.app.request(pathOf(operation), requestOf(operation, headers));
}

for (const operation of OPERATIONS) {
  const name = `${operation.method.toUpperCase()} ${operation.path}`;

  if (operation.owner !== "gateway") {
    Deno.test(`${name} reaches ${operation.owner} at the same path, with query and identity`, async () => {
      const fixture = await createFixture();
      fixture.answer = () =>
        Response.json({
          accessToken: "cxs_1",
          tokenType: "Bearer",
          expiresIn: 60,
          user: { id: ID, username: "a", email: "a@b.example", role: "admin", permissions: [] },
        }, { status: operation.status });
      const token = fixture.auth.signIn("admin");
      const query = "?q=a%20b&cursor=%2B";
      const reply = await fixture.app.request(
        pathOf(operation) + query,
        requestOf(operation, bearer(token)),
      );
      equal(reply.status, operation.status, await reply.clone().text());
      equal(fixture.calls.length, 1);
      const { owner, request } = fixture.calls[0]!;
      equal(owner, operation.owner);
      equal(request.method, operation.method.toUpperCase());
      equal(request.url, `http://${owner}.test${pathOf(operation)}${query}`);
      const verified = await (await fixture.identities.of(owner)).verify(
        request.headers.get("authorization")!.replace("Bearer ", ""),
      );
      const subject = fixture.auth.tokens.get(token)!.subject;
      equal(verified, {
        ok: true,
        caller: operation.access === "public"
          ? { service: "gateway" }
          : { service: "gateway", subject },
      });
      equal(request.headers.get("x-request-id"), reply.headers.get("x-request-id"));
    });
  } else {
    Deno.test(`${name} is answered by the gateway`, async () => {
      const fixture = await createFixture();
      const plugin = fixture.pluginHost.add(testPluginSummary());
      const token = fixture.auth.signIn("reader");
      await fixture.app.request(`${API_BASE}/user/plugins/${plugin.id}/enable`, {
        method: "POST",
        headers: bearer(token),
      });
      const headers = BROWSER_ONLY.has(operation.id)
        ? { ...cookie(token), "sec-fetch-site": "same-origin" }
        : bearer(token);
      const path = pathOf(operation, plugin.id);
      const reply = await fixture.app.request(path, requestOf(operation, headers));
      if (operation.page) {
        match(reply.headers.get("content-type") ?? "", /^text\/html/);
      } else {
        equal(reply.status, operation.status, await reply.clone().text());
        operation.answer.parse(await reply.json());
      }
      equal(fixture.calls, []);
    });
  }

  if (operation.access === "public") continue;

  Deno.test(`${name} refuses whoever presents no identity`, async () => {
    const fixture = await createFixture();
    for (const headers of [{}, bearer("cxs_unknown"), { authorization: "Basic YTpi" }]) {
      const problem = await problemOf(await callOf(fixture, operation, headers));
      equal([problem.status, problem.code], [401, "unauthenticated"]);
      match(problem.requestId, /^[0-9a-f-]{36}$/);
    }
    equal(fixture.calls, []);
  });

  if (operation.session) {
    Deno.test(`${name} refuses an API token`, async () => {
      const fixture = await createFixture();
      const token = fixture.auth.addApiToken("admin");
      const problem = await problemOf(await callOf(fixture, operation, bearer(token)));
      equal([problem.status, problem.code], [403, "session_required"]);
      equal(fixture.calls, []);
    });
  }

  if (operation.access === "any") continue;
  const needed = operation.access;

  Deno.test(`${name} refuses a token without the scope ${needed}`, async () => {
    const fixture = await createFixture();
    const token = fixture.auth.signIn("admin");
    const principal = fixture.auth.tokens.get(token)!;
    const scopes = SCOPES_OF_ROLE.admin.filter((scope) => scope !== needed);
    fixture.auth.tokens.set(token, { ...principal, subject: { ...principal.subject, scopes } });
    const problem = await problemOf(await callOf(fixture, operation, bearer(token)));
    equal([problem.status, problem.code], [403, "forbidden"]);
    ok(problem.detail.includes(needed));
    equal(fixture.calls, []);
  });

  if (!operation.fresh) continue;

  Deno.test(`${name} refuses a password entered too long ago`, async () => {
    const fixture = await createFixture();
    const token = fixture.auth.signIn("admin", { fresh: false });
    const problem = await problemOf(await callOf(fixture, operation, bearer(token)));
    equal([problem.status, problem.code], [403, "fresh_authentication_required"]);
    equal(fixture.calls, []);
  });
}

const WRITES = OPERATIONS.filter((one) => one.method !== "get" && one.access !== "public");

Deno.test("no write with the cookie alone goes through from another site, or from nobody knows where", async () => {
  const fixture = await createFixture();
  const session = cookie(fixture.auth.signIn("admin"));
  for (const operation of WRITES) {
    for (
      const headers of [
        {},
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
        { "sec-fetch-site": "none" },
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin: PUBLIC_ORIGIN, "sec-fetch-site": "cross-site" },
      ]
    ) {
      const reply = await callOf(fixture, operation, { ...session, ...headers });
      const problem = await problemOf(reply);
      equal([problem.status, problem.code], [403, "csrf_refused"], operation.id);
    }
  }
  equal(fixture.calls, []);
});

Deno.test("a write with the cookie goes through from this site's own pages", async () => {
  const fixture = await createFixture();
  const session = cookie(fixture.auth.signIn("admin"));
  for (const headers of [{ "sec-fetch-site": "same-origin" }, { origin: PUBLIC_ORIGIN }]) {
    for (const operation of WRITES.filter(({ owner }) => owner !== "gateway")) {
      fixture.calls.length = 0;
      const reply = await callOf(fixture, operation, { ...session, ...headers });
      equal(reply.status, 200);
      equal(fixture.calls.length, 1, operation.id);
    }
  }
});

Deno.test("a write with a bearer token needs no origin, whatever site sent it", async () => {
  const fixture = await createFixture();
  const headers = {
    ...bearer(fixture.auth.signIn("admin")),
    ...cookie("cxs_other"),
    "sec-fetch-site": "cross-site",
    origin: "https://app.example",
  };
  const reply = await fixture.app.request(`${API_BASE}/libraries/${ID}`, {
    method: "DELETE",
    headers,
  });
  equal(reply.status, 200);
});

Deno.test("an unknown path of the API is a problem of its own, for any method", async () => {
  const { app } = await createFixture();
  for (const method of ["GET", "POST", "OPTIONS", "DELETE"]) {
    const problem = await problemOf(await app.request(`${API_BASE}/nothing`, { method }));
    equal([problem.status, problem.code, problem.instance], [404, "not_found", "/api/v1/nothing"]);
  }
  const known = await problemOf(await app.request(`${API_BASE}/libraries`, { method: "PUT" }));
  equal([known.status, known.code], [404, "not_found"]);
  equal(
    known.detail,
    `There is no PUT ${API_BASE}/libraries: it takes OPTIONS, GET, HEAD, POST`,
  );
});

Deno.test("OPTIONS names a path's methods and lets no other site in", async () => {
  const { app } = await createFixture();
  const reply = await app.request(`${API_BASE}/libraries/${ID}`, {
    method: "OPTIONS",
    headers: { origin: "https://evil.example", "access-control-request-method": "DELETE" },
  });
  equal(reply.status, 204);
  equal(reply.headers.get("allow"), "OPTIONS, GET, HEAD, PATCH, DELETE");
  equal(reply.headers.get("access-control-allow-origin"), null);
});

Deno.test("every answer, refusals too, carries the headers that bind a browser", async () => {
  const plain = await createFixture();
  const https = await createFixture({ publicUrl: new URL("https://codex.test") });
  for (const path of ["/", "/api/docs", "/health/live", `${API_BASE}/auth/me`, "/nothing"]) {
    const { headers } = await plain.app.request(path);
    const policy = headers.get("content-security-policy") ?? "";
    match(policy, /default-src 'none'/);
    match(policy, /frame-ancestors 'none'/);
    ok(!policy.includes("unsafe"));
    equal(headers.get("x-content-type-options"), "nosniff");
    equal(headers.get("referrer-policy"), "no-referrer");
    equal(headers.get("strict-transport-security"), null);
    const secure = await https.app.request(path);
    match(secure.headers.get("strict-transport-security") ?? "", /max-age=\d+/);
  }
});

Deno.test("the request id is the gateway's own, never the client's", async () => {
  const { app } = await createFixture();
  const headers = { "x-request-id": "chosen-by-client" };
  const reply = await app.request(`${API_BASE}/auth/me`, { headers });
  match(reply.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
});
