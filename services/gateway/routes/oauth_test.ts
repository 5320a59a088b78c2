import { deepEqual as equal, match, notEqual, ok } from "node:assert/strict";
import { API_BASE, OauthFailure, Problem } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { testPluginSummary } from "@codex/service/testing";
import { bearer, cookie, createFixture, type Fixture } from "../testing/fixture.ts";
import type { GatewayDeps } from "../app.ts";

const PLUGINS = `${API_BASE}/user/plugins`;
const CALLBACK = `${PLUGINS}/oauth/callback`;
const OWN_SITE = { "sec-fetch-site": "same-origin" };

async function setUp(deps: Partial<GatewayDeps> = {}) {
  const fixture = await createFixture(deps);
  const plugin = fixture.pluginHost.add(testPluginSummary());
  const token = fixture.auth.signIn("reader");
  const start = (headers: Record<string, string>) =>
    fixture.app.request(`${PLUGINS}/${plugin.id}/oauth/start`, { method: "POST", headers });
  return { fixture, plugin, token, start };
}

const comeBack = (fixture: Fixture, query: string, cookies: string) =>
  fixture.app.request(`${CALLBACK}${query}`, { headers: { cookie: cookies } });

/** `name=value` of the cookie that an answer sets. */
const setCookieOf = (reply: Response) => reply.headers.get("set-cookie")?.split(";")[0] ?? "";

Deno.test("a start answers where to go and ties the flow to this browser", async () => {
  const { plugin, token, start } = await setUp();
  const reply = await start({ ...cookie(token), ...OWN_SITE });
  equal(reply.status, 200);
  equal(await reply.json(), {
    redirectUrl: `https://provider.example/authorize?plugin=${plugin.id}`,
  });
  const set = reply.headers.get("set-cookie") ?? "";
  match(set, /^codex_flow_[\w-]{16}=the-browser-token; /);
  for (const part of [`Path=${CALLBACK}`, "HttpOnly", "SameSite=Lax"]) ok(set.includes(part), set);
  ok(!set.includes("the-state"));
});

Deno.test("on https the flow's cookie is a secure one", async () => {
  const { token, start } = await setUp({ publicUrl: new URL("https://codex.test") });
  const reply = await start({ cookie: `__Host-codex_session=${token}`, ...OWN_SITE });
  match(reply.headers.get("set-cookie") ?? "", /^__Secure-codex_flow_.*; Secure/);
});

Deno.test("a start needs the session cookie: a bearer token is not enough, even of a session", async () => {
  const { fixture, token, start } = await setUp();
  const withToken = await start(bearer(token));
  equal(withToken.status, 403);
  equal(Problem.parse(await withToken.json()).code, "session_required");
  const both = await start({ ...bearer(token), ...cookie(token), ...OWN_SITE });
  equal(Problem.parse(await both.json()).code, "session_required");
  equal((await start({ ...cookie(token), "sec-fetch-site": "cross-site" })).status, 403);
  equal((await start({})).status, 401);
  equal(fixture.auth.returns, []);
});

Deno.test("a refusal of auth is passed on as it is", async () => {
  const { fixture, token, start } = await setUp();
  await start({ ...cookie(token), ...OWN_SITE });
  fixture.auth.failure = new ProblemError("rate_limited", "Three", { retryAfterSeconds: 120 });
  const reply = await start({ ...cookie(token), ...OWN_SITE });
  equal([reply.status, reply.headers.get("retry-after")], [429, "120"]);
});

Deno.test("the way back hands auth what the provider sent, with the flow's own cookie", async () => {
  const { fixture, plugin, token, start } = await setUp();
  const flow = setCookieOf(await start({ ...cookie(token), ...OWN_SITE }));
  fixture.auth.outcome = { kind: "connected", pluginId: plugin.id, pluginName: "Example <sync>" };
  const cookies = `codex_session=${token}; codex_flow_other=x; ${flow}`;
  const reply = await comeBack(
    fixture,
    "?code=the-code&state=the-state&iss=https%3A%2F%2Fp",
    cookies,
  );
  equal(fixture.auth.returns, [{
    state: "the-state",
    code: "the-code",
    browserToken: "the-browser-token",
    issuer: "https://p",
  }]);
  equal(reply.status, 200);
  match(reply.headers.get("content-type") ?? "", /^text\/html/);
  equal(reply.headers.get("cache-control"), "no-store");
  equal(reply.headers.get("cross-origin-opener-policy"), "unsafe-none");
  ok(!(reply.headers.get("content-security-policy") ?? "unsafe").includes("unsafe"));
  match(reply.headers.get("set-cookie") ?? "", /^codex_flow_[\w-]{16}=; Max-Age=0/);
  const page = await reply.text();
  match(page, /data-kind="connected"/);
  ok(page.includes(`data-plugin-id="${plugin.id}"`));
  ok(page.includes("Example &lt;sync&gt; is connected"));
  for (const secret of ["the-code", "the-state", "the-browser-token"]) ok(!page.includes(secret));
  ok(!/<script>|onload|<style/.test(page));
});

Deno.test("an error of the provider uses the state up, too", async () => {
  const { fixture, token } = await setUp();
  await comeBack(
    fixture,
    "?error=access_denied&error_description=No%21&state=s",
    `codex_session=${token}`,
  );
  equal(fixture.auth.returns, [{ state: "s", error: "access_denied", errorDescription: "No!" }]);
});

Deno.test("every failure has words of its own, what to do, and the request id", async () => {
  const { fixture, token } = await setUp();
  const headlines = new Set<string>();
  for (const reason of OauthFailure.options) {
    fixture.auth.outcome = { kind: "failed", reason, pluginName: "Example" };
    const reply = await comeBack(fixture, "?code=c&state=s", `codex_session=${token}`);
    equal(reply.status, 400, reason);
    const page = await reply.text();
    headlines.add(/<h1>(.*?)<\/h1>/.exec(page)?.[1] ?? "");
    match(page, new RegExp(`data-kind="failed" data-reason="${reason}"`));
    equal([...page.matchAll(/<p>[^<]{20,}<\/p>/g)].length, 2, page);
    ok(page.includes(`Request id ${reply.headers.get("x-request-id")}`), reason);
  }
  equal(headlines.size, OauthFailure.options.length);
});

Deno.test("a redirect URL that is not registered is told with the right one", async () => {
  const { fixture, token } = await setUp();
  fixture.auth.outcome = { kind: "failed", reason: "redirect_mismatch" };
  const reply = await comeBack(fixture, "?error=x&state=s", `codex_session=${token}`);
  ok((await reply.text()).includes(`http://codex.test${CALLBACK}`));
});

Deno.test("a plugin's own redirect URL has a cookie of its own, and tells auth whose it is", async () => {
  const { fixture, plugin, token, start } = await setUp();
  fixture.auth.ownRedirect = true;
  const started = await start({ ...cookie(token), ...OWN_SITE });
  const own = `${PLUGINS}/${plugin.id}/oauth/callback`;
  ok(started.headers.get("set-cookie")?.includes(`Path=${own};`));
  const cookies = `codex_session=${token}; ${setCookieOf(started)}`;
  fixture.auth.outcome = { kind: "failed", reason: "redirect_mismatch" };
  const reply = await fixture.app.request(`${own}?code=c&state=the-state`, {
    headers: { cookie: cookies },
  });
  equal(fixture.auth.returns, [{
    state: "the-state",
    code: "c",
    browserToken: "the-browser-token",
    pluginId: plugin.id,
  }]);
  equal(reply.headers.get("cross-origin-opener-policy"), "unsafe-none");
  ok((await reply.text()).includes(`http://codex.test${own}`));
});

Deno.test("nobody is asked without a session, without a state, or when auth is away", async () => {
  const { fixture, token } = await setUp();
  const reasonOf = async (query: string, cookies: string) => {
    const reply = await comeBack(fixture, query, cookies);
    equal(reply.status, 400);
    return /data-reason="(\w+)"/.exec(await reply.text())?.[1];
  };
  const session = `codex_session=${token}`;
  equal(await reasonOf("?code=c&state=s", ""), "signed_out");
  equal(await reasonOf("?code=c&state=s", "codex_session=cxs_unknown"), "signed_out");
  equal(await reasonOf("?code=c", session), "incomplete");
  equal(await reasonOf("", session), "incomplete");
  equal(await reasonOf(`?code=c&state=${"s".repeat(600)}`, session), "incomplete");
  equal(fixture.auth.returns, []);
  fixture.auth.failure = new ProblemError("service_unavailable", "Down");
  equal(await reasonOf("?code=c&state=s", session), "server");
});

Deno.test("a bearer token ends no flow", async () => {
  const { fixture, token } = await setUp();
  const reply = await fixture.app.request(`${CALLBACK}?code=c&state=s`, { headers: bearer(token) });
  match(await reply.text(), /data-reason="signed_out"/);
});

Deno.test("two flows in one browser have cookies of their own", async () => {
  const { fixture, token, start } = await setUp();
  const first = setCookieOf(await start({ ...cookie(token), ...OWN_SITE }));
  const { startOauth } = fixture.auth.auth;
  fixture.auth.auth.startOauth = async (...args) => ({
    ...await startOauth(...args),
    state: "another-state",
  });
  const second = setCookieOf(await start({ ...cookie(token), ...OWN_SITE }));
  notEqual(first.split("=")[0], second.split("=")[0]);
});

Deno.test("the page's script and stylesheet are files of their own", async () => {
  const { fixture } = await setUp();
  for (const [path, type] of [["js", "text/javascript"], ["css", "text/css"]] as const) {
    const reply = await fixture.app.request(`/assets/oauth_outcome.${path}`);
    equal([reply.status, reply.headers.get("content-type")], [200, `${type}; charset=utf-8`]);
  }
});
