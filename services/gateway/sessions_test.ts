/** How a session begins, is kept by a browser, is believed, and ends. */
import { deepEqual as equal, match, ok, rejects } from "node:assert/strict";
import { API_BASE, Problem } from "@codex/protocol";
import { ProblemError, quietLogger } from "@codex/service";
import { LOOK_EVERY_MS } from "./long_answer.ts";
import { REMEMBERED_MS } from "./principals.ts";
import { bearer, cookie, createFixture, type Fixture, PUBLIC_ORIGIN } from "./testing/fixture.ts";
import { handStream, startGateway } from "./testing/servers.ts";

const ME = `${API_BASE}/auth/me`;
const OWN = { "sec-fetch-site": "same-origin" };

function sessionAnswer(accessToken: string) {
  return {
    accessToken,
    tokenType: "Bearer",
    expiresIn: 3600,
    user: {
      id: "0b54f1c4-6a0e-4f0a-9a53-6f2c6a6d5d11",
      username: "ada",
      email: "ada@example.com",
      role: "admin",
      permissions: [],
    },
    message: "Welcome",
  };
}

function post(fixture: Fixture, path: string, headers: Record<string, string> = {}, body?: object) {
  return fixture.app.request(API_BASE + path, {
    method: "POST",
    headers: { ...(body && { "content-type": "application/json" }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
}

async function codeOf(reply: Response): Promise<[number, string]> {
  const problem = Problem.parse(await reply.json());
  return [reply.status, problem.code];
}

for (const path of ["/auth/login", "/setup/initialize"]) {
  Deno.test(`${path} answers as auth does and keeps the token in a cookie that scripts can't read`, async () => {
    const fixture = await createFixture();
    fixture.answer = () => Response.json(sessionAnswer("cxs_new"));
    const reply = await post(fixture, path, {}, { username: "ada" });
    equal([reply.status, await reply.json()], [200, sessionAnswer("cxs_new")]);
    equal(
      reply.headers.get("set-cookie"),
      "codex_session=cxs_new; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax",
    );
    equal(await fixture.calls[0]!.request.json(), { username: "ada" });
  });

  Deno.test(`${path} on https sets a cookie that no subdomain and no plain http can plant`, async () => {
    const fixture = await createFixture({ publicUrl: new URL("https://codex.test") });
    fixture.answer = () => Response.json(sessionAnswer("cxs_new"));
    const reply = await post(fixture, path, {}, { username: "ada" });
    equal(
      reply.headers.get("set-cookie"),
      "__Host-codex_session=cxs_new; Max-Age=3600; Path=/; HttpOnly; Secure; SameSite=Lax",
    );
  });

  Deno.test(`${path} sets no cookie when auth refuses, and passes Retry-After on`, async () => {
    const fixture = await createFixture();
    fixture.answer = () =>
      Response.json({}, {
        status: 429,
        headers: { "content-type": "application/problem+json", "retry-after": "900" },
      });
    const reply = await post(fixture, path, {}, {});
    equal([reply.status, reply.headers.get("retry-after")], [429, "900"]);
    equal(reply.headers.get("set-cookie"), null);
  });

  Deno.test(`${path} can't be made by another site, so that nobody is signed in as its owner`, async () => {
    const fixture = await createFixture();
    for (
      const headers of [{ "sec-fetch-site": "cross-site" }, { origin: "https://evil.example" }]
    ) {
      const reply = await post(fixture, path, headers, { username: "mallory" });
      equal(await codeOf(reply), [403, "csrf_refused"]);
    }
    equal(fixture.calls, []);
  });
}

Deno.test("on https only the cookie with the __Host- prefix counts", async () => {
  const fixture = await createFixture({ publicUrl: new URL("https://codex.test") });
  const token = fixture.auth.signIn("reader");
  equal((await fixture.app.request(ME, { headers: cookie(token) })).status, 401);
  const headers = { cookie: `__Host-codex_session=${token}` };
  equal((await fixture.app.request(ME, { headers })).status, 200);
});

Deno.test("a bearer token wins over a cookie, even a bad one", async () => {
  const fixture = await createFixture();
  const session = cookie(fixture.auth.signIn("reader"));
  equal((await fixture.app.request(ME, { headers: session })).status, 200);
  const both = { ...session, ...bearer("cxs_bad") };
  equal((await fixture.app.request(ME, { headers: both })).status, 401);
  const lowercase = { authorization: `bearer ${fixture.auth.signIn("reader")}` };
  equal((await fixture.app.request(ME, { headers: lowercase })).status, 200);
});

Deno.test("another scheme of Authorization, such as a proxy's, leaves the cookie its meaning", async () => {
  const fixture = await createFixture();
  const headers = { ...cookie(fixture.auth.signIn("reader")), authorization: "Basic YTpi" };
  equal((await fixture.app.request(ME, { headers })).status, 200);
});

Deno.test("logout is refused at once here, clears the cookie, and forgets nothing of others", async () => {
  const fixture = await createFixture();
  const token = fixture.auth.signIn("reader");
  const other = fixture.auth.signIn("reader");
  for (const headers of [bearer(token), bearer(other)]) {
    equal((await fixture.app.request(ME, { headers })).status, 200);
  }
  const asked = fixture.auth.resolveCalls;
  fixture.auth.tokens.delete(token);
  const reply = await post(fixture, "/auth/logout", { ...cookie(token), ...OWN });
  equal(reply.status, 200);
  equal(
    reply.headers.get("set-cookie"),
    "codex_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
  );
  equal((await fixture.app.request(ME, { headers: bearer(token) })).status, 401);
  equal((await fixture.app.request(ME, { headers: bearer(other) })).status, 200);
  equal(fixture.auth.resolveCalls, asked + 1);
});

Deno.test("a revoked session is refused within 5 seconds", async () => {
  const fixture = await createFixture();
  const token = fixture.auth.signIn("reader");
  equal((await fixture.app.request(ME, { headers: bearer(token) })).status, 200);
  fixture.auth.tokens.delete(token);
  fixture.clock.advance(4999);
  equal((await fixture.app.request(ME, { headers: bearer(token) })).status, 401);
});

Deno.test("events that a revoked session follows break off within 5 seconds", async () => {
  const events = handStream();
  await using gateway = await startGateway(() =>
    new Response(events.readable, { headers: { "content-type": "text/event-stream" } })
  );
  const { auth, clock } = gateway.fixture;
  const token = auth.signIn("reader");
  const path = `${API_BASE}/tasks/syn_${crypto.randomUUID()}/events`;
  const reply = await fetch(gateway.url + path, { headers: bearer(token) });
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  await events.write("data: 1\n\n");
  equal((await reader.read()).value, "data: 1\n\n");
  auth.tokens.delete(token);
  clock.advance(REMEMBERED_MS);
  await rejects(reader.read());
  ok(REMEMBERED_MS + LOOK_EVERY_MS < 5000);
});

Deno.test("a password entered a moment ago counts at once, wherever it was entered", async () => {
  const fixture = await createFixture();
  const token = fixture.auth.signIn("admin", { fresh: false });
  const make = () => post(fixture, "/api-keys", bearer(token), { name: "x", scopes: [] });
  equal(await codeOf(await make()), [403, "fresh_authentication_required"]);
  const principal = fixture.auth.tokens.get(token)!;
  fixture.auth.tokens.set(token, {
    ...principal,
    subject: { ...principal.subject, fresh: true },
  });
  equal((await make()).status, 200);
});

Deno.test("while auth is down, who is signed in can't be told: 503, not 401", async () => {
  const fixture = await createFixture();
  fixture.auth.failure = new ProblemError("service_unavailable", "Down", { retryAfterSeconds: 2 });
  const reply = await fixture.app.request(ME, { headers: bearer(fixture.auth.signIn("reader")) });
  equal(reply.headers.get("retry-after"), "2");
  equal(await codeOf(reply), [503, "service_unavailable"]);
});

Deno.test("a token that no token can be is refused without asking auth", async () => {
  const fixture = await createFixture();
  const reply = await fixture.app.request(ME, { headers: bearer("x".repeat(513)) });
  equal([reply.status, fixture.auth.resolveCalls], [401, 0]);
});

Deno.test("an Origin of the public URL is this site's own; one that only looks alike is not", async () => {
  const fixture = await createFixture();
  const session = cookie(fixture.auth.signIn("reader"));
  const logout = (origin: string) => post(fixture, "/auth/logout", { ...session, origin });
  for (
    const origin of [`${PUBLIC_ORIGIN}.evil.example`, "https://codex.test", `${PUBLIC_ORIGIN}:81`]
  ) {
    equal(await codeOf(await logout(origin)), [403, "csrf_refused"]);
  }
  equal((await logout(PUBLIC_ORIGIN)).status, 200);
});

Deno.test("the request line in the log names no query and no token", async () => {
  const lines: unknown[] = [];
  const logger = Object.create(quietLogger(), {
    info: { value: (message: string, properties: object) => lines.push([message, properties]) },
  });
  const fixture = await createFixture({ logger });
  const token = fixture.auth.signIn("reader");
  const reply = await fixture.app.request(`${ME}?secret=1`, { headers: bearer(token) });
  equal(lines.length, 1);
  const text = JSON.stringify(lines[0]);
  ok(!text.includes("secret") && !text.includes(token));
  match(text, /"method":"GET","path":"\/api\/v1\/auth\/me","status":200,"ms":0/);
  ok(text.includes(reply.headers.get("x-request-id")!));
});
