/** What of a client's request reaches an owner, and what of the answer comes back. */
import { deepEqual as equal, match, ok } from "node:assert/strict";
import { API_BASE, NDJSON, Problem } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { BODY_BYTES_MAX } from "../bodies/json_body.ts";
import { bearer, cookie, createFixture } from "../testing/fixture.ts";
import { startGateway } from "../testing/servers.ts";

const ID = "0b54f1c4-6a0e-4f0a-9a53-6f2c6a6d5d11";
const IMPORT = `${API_BASE}/libraries/${ID}/import`;
const LIBRARIES = `${API_BASE}/libraries`;

Deno.test("only the named headers cross, in either direction", async () => {
  const fixture = await createFixture();
  fixture.answer = () =>
    Response.json({}, {
      headers: {
        "set-cookie": "codex_session=stolen",
        "x-internal": "1",
        server: "inner",
        "access-control-allow-origin": "*",
        "cache-control": "max-age=5",
        "retry-after": "7",
      },
    });
  const token = fixture.auth.signIn("reader");
  const reply = await fixture.app.request(LIBRARIES, {
    headers: {
      ...bearer(token),
      ...cookie(token),
      "x-codex-session-id": "forged",
      "x-codex-client-address": "6.6.6.6",
      "x-forwarded-for": "6.6.6.6",
      "x-anything": "1",
    },
  });
  const sent = fixture.calls[0]!.request.headers;
  equal([...sent.keys()].sort(), ["accept-encoding", "authorization", "x-request-id"]);
  ok(!sent.get("authorization")!.includes(token));
  for (const name of ["set-cookie", "x-internal", "server", "access-control-allow-origin"]) {
    equal(reply.headers.get(name), null, name);
  }
  equal(reply.headers.get("cache-control"), "max-age=5");
  equal(reply.headers.get("retry-after"), "7");
});

Deno.test("auth alone learns the session, the client's address and its user agent", async () => {
  const fixture = await createFixture({ trustedProxies: 1 });
  const token = fixture.auth.signIn("reader");
  const { sessionId } = fixture.auth.tokens.get(token)!;
  const headers = {
    ...bearer(token),
    "x-codex-session-id": "forged",
    "x-codex-client-address": "forged",
    "x-forwarded-for": "forged, 192.0.2.7",
    "user-agent": "Test/1.0",
  };
  await fixture.app.request(`${API_BASE}/auth/sessions`, { headers });
  await fixture.app.request(LIBRARIES, { headers });
  const [toAuth, toLibrary] = fixture.calls.map(({ request }) => request.headers);
  equal(toAuth?.get("x-codex-session-id"), sessionId);
  equal(toAuth?.get("x-codex-client-address"), "192.0.2.7");
  equal(toAuth?.get("user-agent"), "Test/1.0");
  for (const name of ["x-codex-session-id", "x-codex-client-address"]) {
    equal(toLibrary?.get(name), null);
  }
});

Deno.test("the client's address is that of its connection", async () => {
  const addresses: (string | null)[] = [];
  await using gateway = await startGateway((request) => {
    addresses.push(request.headers.get("x-codex-client-address"));
    return Response.json({});
  });
  await (await fetch(`${gateway.url}${API_BASE}/setup/status`)).body?.cancel();
  equal(addresses, ["127.0.0.1"]);
});

Deno.test("a path parameter can't lead the owner to another path", async () => {
  const fixture = await createFixture();
  const headers = bearer(fixture.auth.signIn("admin"));
  const ask = (path: string) => fixture.app.fetch(new RawRequest(path, headers));
  for (const id of ["..", ".", "%2e%2e", "%2E", ".%2e"]) {
    const reply = await ask(`/books/${id}/progress`);
    equal(reply.status, 404, id);
  }
  equal(fixture.calls.length, 0);
  for (const id of ["..%2f..%2finternal", "a%3Fb", "%23", "..\\..\\internal", "%252e%252e"]) {
    await ask(`/books/${id}/progress`);
  }
  for (const { request } of fixture.calls) {
    const { pathname, search, hash } = new URL(request.url);
    match(pathname, /^\/api\/v1\/books\/[^/]+\/progress$/);
    equal([search, hash], ["", ""]);
  }
});

Deno.test("HEAD asks as GET does and answers without a body", async () => {
  await using gateway = await startGateway((request) => Response.json({ method: request.method }));
  const headers = bearer(gateway.fixture.auth.signIn("reader"));
  const reply = await fetch(gateway.url + LIBRARIES, { method: "HEAD", headers });
  equal([reply.status, await reply.text()], [200, ""]);
  equal(reply.headers.get("content-type"), "application/json");
});

Deno.test("a JSON body of 1 MiB passes and one byte more is 413, with and without a length", async () => {
  await using gateway = await startGateway(async (request) =>
    Response.json({ bytes: (await request.arrayBuffer()).byteLength })
  );
  const send = (body: BodyInit) =>
    fetch(gateway.url + LIBRARIES, {
      method: "POST",
      headers: {
        ...bearer(gateway.fixture.auth.signIn("admin")),
        "content-type": "Application/JSON; charset=utf-8",
      },
      body,
    });
  const bytes = new Uint8Array(BODY_BYTES_MAX + 1).fill(32);
  for (
    const as of [
      (it: Uint8Array<ArrayBuffer>) => it,
      (it: Uint8Array) => new Blob([it.slice()]).stream(),
    ]
  ) {
    const fits = await send(as(bytes.slice(1)));
    equal([fits.status, await fits.json()], [200, { bytes: BODY_BYTES_MAX }]);
    const beyond = await send(as(bytes));
    equal(beyond.status, 413);
    equal(Problem.parse(await beyond.json()).code, "payload_too_large");
  }
});

Deno.test("a call that needs a body and has none is left to its owner to refuse", async () => {
  await using gateway = await startGateway(async (request) =>
    Response.json({ body: await request.text(), type: request.headers.get("content-type") })
  );
  const headers = bearer(gateway.fixture.auth.signIn("admin"));
  const reply = await fetch(gateway.url + LIBRARIES, { method: "POST", headers });
  equal([reply.status, await reply.json()], [200, { body: "", type: null }]);
});

Deno.test("a body of another type is 415 and is not passed on", async () => {
  const fixture = await createFixture();
  const headers = bearer(fixture.auth.signIn("admin"));
  const send = (path: string, contentType: string) =>
    fixture.app.request(path, {
      method: "POST",
      headers: { ...headers, "content-type": contentType },
      body: "{}",
    });
  for (
    const [path, contentType] of [
      [LIBRARIES, "text/plain"],
      [LIBRARIES, "application/x-www-form-urlencoded"],
      [LIBRARIES, "multipart/form-data; boundary=x"],
      [LIBRARIES, NDJSON],
      [LIBRARIES, "application/jsonp"],
      [IMPORT, "application/json"],
      [`${API_BASE}/auth/login`, "text/plain"],
    ] as const
  ) {
    const reply = await send(path, contentType);
    equal([reply.status, Problem.parse(await reply.json()).code], [415, "unsupported_media_type"]);
  }
  equal(fixture.calls.length, 0);
});

/** A request whose path is left as it is written, as `Deno.serve` gives it. */
class RawRequest extends Request {
  readonly #url: string;

  constructor(path: string, headers: Record<string, string>) {
    super("http://codex.test/", { headers });
    this.#url = `http://codex.test${API_BASE}${path}`;
  }

  override get url(): string {
    return this.#url;
  }
}

Deno.test("what administrators do to libraries is audited by the gateway, once it is done", async () => {
  const fixture = await createFixture();
  const token = fixture.auth.signIn("admin");
  const { userId } = fixture.auth.tokens.get(token)!.subject;
  const send = async (method: string, path: string, body?: string, type = "application/json") => {
    const headers = { ...bearer(token), ...(body !== undefined && { "content-type": type }) };
    const init = { method, headers, ...(body !== undefined && { body }) };
    const reply = await fixture.app.request(path, init);
    await reply.body?.cancel();
    return reply.status;
  };
  const one = `${LIBRARIES}/${ID}`;
  fixture.answer = () => Response.json({ type: "x", title: "x", status: 404 }, { status: 404 });
  await send("DELETE", one);
  equal(fixture.auth.audited, []);
  const made = JSON.stringify({ id: ID, name: "Comics" });
  const headers = { "content-type": "application/json", "content-length": String(made.length) };
  fixture.answer = () => new Response(made, { headers });
  await send("GET", one);
  await send("POST", LIBRARIES, "{}");
  await send("PATCH", one, "{}");
  await send("POST", IMPORT, "{}", NDJSON);
  await send("DELETE", one);
  equal(
    fixture.auth.audited.map(({ action, target, by }) => [action, target, by]),
    ["created", "changed", "imported", "deleted"].map((act) => [`library.${act}`, ID, userId]),
  );
  fixture.auth.audited.length = 0;
  equal(await send("PATCH", one, "{}"), 200);
  // Auth goes away after it has told who asks: the act is done, and says so.
  fixture.auth.failure = new ProblemError("service_unavailable", "Away");
  equal(await send("PATCH", one, "{}"), 200);
  equal(fixture.auth.audited.length, 1);
});
