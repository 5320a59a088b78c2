/** People, their sessions and tokens, attacked from outside. */
import assert from "node:assert/strict";
import {
  AdminApiKeyPage,
  API_BASE,
  CreatedApiKey,
  Empty,
  Me,
  OauthClient,
  type Problem,
  SCOPES,
  SessionAnswer,
  SessionList,
  User,
} from "@codex/protocol";
import { freePort } from "../../infra/ports.ts";
import { startOneYearServer } from "../fakes/sign_in/one_year_server.ts";
import { ApiClient } from "../harness/api_client.ts";
import { HttpBrowser } from "../harness/http_browser.ts";
import { type Platform, startPlatform } from "../harness/platform.ts";
import { ADMIN_PASSWORD, setUpAdmin } from "../harness/scenario.ts";
import { READER_PASSWORD, useProvider } from "../harness/sign_in.ts";

const PUBLIC_URL = "https://codex.example";

/** A request as it is, without what the API's client adds. */
function send(
  { url }: Platform,
  method: string,
  path: string,
  init: { readonly headers?: Record<string, string>; readonly body?: unknown } = {},
): Promise<Response> {
  const { headers, body } = init;
  return fetch(`${url}${API_BASE}${path}`, {
    method,
    redirect: "manual",
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

const codeOf = async (reply: Response) => (await reply.json() as Problem).code;

async function signIn(platform: Platform, username: string, password: string): Promise<ApiClient> {
  const { accessToken } = await platform.api.expect(SessionAnswer, "POST", "/auth/login", {
    username,
    password,
  });
  return platform.api.as(accessToken);
}

/** Until a call is answered so: the promise is 5 s, shown beside a clock by gateway; a busy machine may take longer. */
async function untilAnswered(call: () => Promise<number>, status: number): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const answered = await call();
    if (answered === status) return;
    assert.ok(performance.now() - startedAt < 60_000, `It is still answered ${answered}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

Deno.test("people, sessions and tokens hold against the usual attacks", async (t) => {
  await using provider = startOneYearServer();
  await using platform = await startPlatform({
    env: {
      CODEX_PORT: String(freePort()),
      CODEX_PUBLIC_URL: PUBLIC_URL,
      CODEX_ALLOWED_PRIVATE_HOSTS: provider.host,
    },
  });
  await setUpAdmin(platform);
  const { api } = platform;
  const newUser = (username: string, role: string) =>
    api.expect(User, "POST", "/users", {
      username,
      email: `${username}@example.org`,
      password: READER_PASSWORD,
      role,
    });

  await t.step(
    "on https the session's cookie can be planted by nobody and read by no script",
    async () => {
      const credentials = { username: "admin", password: ADMIN_PASSWORD };
      const planted = "__Host-codex_session=cxs_planted";
      const reply = await send(platform, "POST", "/auth/login", {
        body: credentials,
        headers: { cookie: planted, origin: PUBLIC_URL },
      });
      assert.equal(reply.status, 200, await reply.text());
      const cookie = reply.headers.get("set-cookie") ?? "";
      assert.match(cookie, /^__Host-codex_session=cxs_[\w-]{43};/);
      for (const flag of ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"]) {
        assert.ok(cookie.split("; ").includes(flag), `${flag}: ${cookie}`);
      }
      assert.ok(!/domain=/i.test(cookie));
      assert.match(reply.headers.get("strict-transport-security") ?? "", /max-age=/);
      const elsewhere = await send(platform, "POST", "/auth/login", {
        body: credentials,
        headers: { origin: "https://codex.example.evil.example" },
      });
      assert.equal(await codeOf(elsewhere), "csrf_refused");
      assert.equal(elsewhere.headers.get("set-cookie"), null);
    },
  );

  await t.step(
    "guesses count together, however the name and the address are dressed up",
    async () => {
      await newUser("grace", "reader");
      const spellings = ["grace", "GRACE", " grace ", "Ｇｒａｃｅ", "grace\u00a0"];
      const guess = (attempt: number, password: string) =>
        send(platform, "POST", "/auth/login", {
          body: { username: spellings[attempt % spellings.length], password },
          headers: {
            "x-forwarded-for": `203.0.113.${attempt}`,
            forwarded: `for=203.0.113.${attempt}`,
            "x-real-ip": `203.0.113.${attempt}`,
            "x-codex-client-address": `203.0.113.${attempt}`,
          },
        });
      for (let attempt = 0; attempt < 10; attempt++) {
        assert.equal(await codeOf(await guess(attempt, "wrong")), "invalid_credentials");
      }
      const right = await guess(10, READER_PASSWORD);
      assert.equal(right.status, 429);
      assert.ok(Number(right.headers.get("retry-after")) > 60);
      await right.body?.cancel();
      await signIn(platform, "admin", ADMIN_PASSWORD);
    },
  );

  await t.step(
    "a stranger's guesses keep neither a live session nor a browser that signed in before out",
    async () => {
      await newUser("hedy", "reader");
      const credentials = { username: "hedy", password: READER_PASSWORD };
      const login = `${platform.url}${API_BASE}/auth/login`;
      // Signed out by itself: the browser keeps but the cookie that it is known by.
      const browser = new HttpBrowser();
      const first = await browser.post(login, credentials);
      assert.equal(first.status, 200, await first.text());
      const known = browser.copy("__Host-codex_session");
      const live = await signIn(platform, "hedy", READER_PASSWORD);
      for (let attempt = 0; attempt < 10; attempt++) {
        const reply = await new HttpBrowser().post(login, { ...credentials, password: "wrong" });
        assert.equal(await codeOf(reply), "invalid_credentials");
      }
      assert.equal(await codeOf(await new HttpBrowser().post(login, credentials)), "rate_limited");
      await live.expect(Empty, "POST", "/auth/reauthenticate", { password: READER_PASSWORD });
      const again = await known.post(login, credentials);
      assert.equal(again.status, 200, await again.text());
    },
  );

  await t.step(
    "API tokens end with a reset password, give no more than they have, and write by their own scope",
    async () => {
      const { id } = await newUser("rosa", "reader");
      const rosa = await signIn(platform, "rosa", READER_PASSWORD);
      const reading = { name: "reading", scopes: ["library:read"] };
      const kept = await rosa.expect(CreatedApiKey, "POST", "/api-keys", reading);
      const key = api.as(kept.secret);
      const progress = `/books/${crypto.randomUUID()}/progress`;
      await key.refused("not_found", "GET", progress);
      await key.refused("forbidden", "PUT", progress, { currentPage: 1 });
      await key.refused("forbidden", "DELETE", progress);

      const { items } = await api.expect(
        AdminApiKeyPage,
        "GET",
        `/admin/api-keys?userId=${id}`,
      );
      assert.deepEqual(items.map(({ username, name }) => [username, name]), [["rosa", "reading"]]);
      const { secret } = await api.expect(CreatedApiKey, "POST", "/api-keys", {
        name: "every scope",
        scopes: [...SCOPES],
      });
      const everything = api.as(secret);
      const me = await api.expect(Me, "GET", "/auth/me");
      const password = "set by the thief of a token";
      await everything.refused("session_required", "PATCH", `/users/${me.id}`, { password });
      await everything.refused("session_required", "PATCH", `/users/${id}`, { role: "admin" });
      await everything.expect(User, "PATCH", `/users/${id}`, { password, keepApiKeys: true });
      await key.refused("not_found", "GET", progress);
      await api.expect(User, "PATCH", `/users/${id}`, { password: READER_PASSWORD });
      await untilAnswered(async () => (await key.call("GET", progress)).status, 401);
    },
  );

  await t.step(
    "a revoked session is refused within 5 seconds, and the others live on",
    async () => {
      await newUser("ada", "reader");
      const [mine, stolen] = [
        await signIn(platform, "ada", READER_PASSWORD),
        await signIn(platform, "ada", READER_PASSWORD),
      ];
      await stolen.expect(Me, "GET", "/auth/me");
      const { items } = await mine.expect(SessionList, "GET", "/auth/sessions");
      const other = items.find(({ current }) => !current);
      await mine.expect(Empty, "DELETE", `/auth/sessions/${other?.id}`);
      await untilAnswered(async () => (await stolen.call("GET", "/auth/me")).status, 401);
      await mine.expect(Me, "GET", "/auth/me");
    },
  );

  await t.step(
    "a lower role counts within 5 seconds in sessions and tokens that live on",
    async () => {
      const { id } = await newUser("eve", "admin");
      const eve = await signIn(platform, "eve", READER_PASSWORD);
      const { secret } = await eve.expect(CreatedApiKey, "POST", "/api-keys", {
        name: "all",
        scopes: ["users:admin", "plugins:admin", "account"],
      });
      const key = api.as(secret);
      for (const client of [eve, key]) {
        assert.equal((await client.call("GET", "/users")).status, 200);
      }
      const heir = { name: "heir", scopes: ["account"] };
      await key.refused("session_required", "POST", "/api-keys", heir);
      await api.expect(User, "PATCH", `/users/${id}`, { role: "reader" });
      for (const client of [eve, key]) {
        await untilAnswered(async () => (await client.call("GET", "/users")).status, 403);
      }
      await key.refused("forbidden", "GET", "/admin/plugins");
      await key.expect(Me, "GET", "/auth/me");
    },
  );

  await t.step(
    "only a browser's session begins a sign-in, and its way back leads nowhere else",
    async () => {
      const pluginId = await useProvider(platform, provider);
      const start = `/user/plugins/${pluginId}/oauth/start`;
      const { secret } = await api.expect(CreatedApiKey, "POST", "/api-keys", {
        name: "plugins",
        scopes: ["plugins:use"],
      });
      for (const token of [secret, api.token]) {
        const refused = await api.as(token ?? "").refused("session_required", "POST", start);
        assert.equal(refused.status, 403);
      }
      const { redirectUrl } = await api.expect(
        OauthClient,
        "GET",
        `/admin/plugins/${pluginId}/oauth`,
      );
      assert.equal(redirectUrl, `${PUBLIC_URL}${API_BASE}/user/plugins/oauth/callback`);
      const evil = "https://evil.example/";
      const query = new URLSearchParams({ code: "c", state: "s", redirect_uri: evil, next: evil });
      const back = await send(platform, "GET", `/user/plugins/oauth/callback?${query}`, {
        headers: { "x-forwarded-host": "evil.example", referer: evil },
      });
      assert.deepEqual([back.status, back.headers.get("location")], [400, null]);
      assert.ok(!(await back.text()).includes("evil.example"));
    },
  );
});
