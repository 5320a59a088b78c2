import { deepEqual as equal, match, ok } from "node:assert/strict";
import { hashToken } from "@codex/crypto";
import { type Fixture, problemCode, REDIRECT_URL } from "../testing/fixture.ts";
import { begin, comeBack, start, withProvider } from "../testing/sign_in.ts";

Deno.test("a start leads to the provider with client, scopes, state and S256 challenge", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    const { redirectUrl, query, state } = await begin(auth, ada, pluginId);
    ok(redirectUrl.startsWith(`${provider.oauth.authorizationUrl}?`));
    const { code_challenge, ...rest } = query;
    equal(rest, {
      response_type: "code",
      client_id: "codex-client",
      redirect_uri: REDIRECT_URL,
      scope: "read write",
      state,
      code_challenge_method: "S256",
    });
    match(state, /^[\w-]{43}$/);
    match(code_challenge ?? "", /^[\w-]{43}$/);
  }));

Deno.test("a flow's row holds neither state, verifier nor cookie in clear", () =>
  withProvider(async ({ auth, pluginId, ada }) => {
    const { state, browserToken } = await begin(auth, ada, pluginId);
    const [row] = await auth.sql`select oauth_flows::text as text, * from oauth_flows`;
    ok(!row?.["text"].includes(state) && !row?.["text"].includes(browserToken));
    equal(row?.["state_hash"].toString("hex"), hashToken(state).toHex());
    equal(row?.["verifier"].length, 1 + 8 + 12 + 43 + 16);
  }));

Deno.test("the fourth pending sign-in is refused until the first one ends", () =>
  withProvider(async ({ auth, pluginId, ada }) => {
    const first = await begin(auth, ada, pluginId);
    auth.clock.advance(60_000);
    for (let n = 0; n < 2; n++) await begin(auth, ada, pluginId);
    const refused = await start(auth, ada, pluginId);
    equal(refused.headers.get("retry-after"), "240");
    equal(await problemCode(refused, 429), "rate_limited");
    await begin(auth, await auth.addUser("bob"), pluginId);
    await comeBack(auth, ada, first, { error: "access_denied" });
    await begin(auth, ada, pluginId);
    equal((await start(auth, ada, pluginId)).status, 429);
    auth.clock.advance(300_000);
    await begin(auth, ada, pluginId);
  }));

Deno.test("of 50 starts at once exactly 3 begin", () =>
  withProvider(async ({ auth, pluginId, ada }) => {
    const sessionId = await auth.addSession(ada);
    const replies = await Promise.all(
      Array.from({ length: 50 }, () =>
        auth.call("POST", `/internal/oauth/start/${pluginId}`, {
          subject: ada,
          body: { sessionId },
        })),
    );
    equal(replies.filter((reply) => reply.status === 200).length, 3);
    equal(replies.filter((reply) => reply.status === 429).length, 47);
    equal((await auth.sql`select 1 from oauth_flows`).length, 3);
  }));

Deno.test("a start needs a living session of the user's own", () =>
  withProvider(async ({ auth, pluginId, ada }) => {
    const sessionId = await auth.addSession(await auth.addUser("bob"));
    const begin = (id: string) =>
      auth.call("POST", `/internal/oauth/start/${pluginId}`, {
        subject: ada,
        body: { sessionId: id },
      });
    equal(await problemCode(await begin(sessionId), 401), "unauthenticated");
    equal(await problemCode(await begin(crypto.randomUUID()), 401), "unauthenticated");
    equal(await problemCode(await begin("x"), 400), "bad_request");
  }));

Deno.test("what can't be signed in to is told before anybody goes anywhere", () =>
  withProvider(async ({ auth, provider, ada }) => {
    const code = async (pluginId: ReturnType<Fixture["addPlugin"]>, status: number) =>
      await problemCode(await start(auth, ada, pluginId), status);
    equal(await code(auth.addPlugin(), 422), "unprocessable");
    equal(await code(auth.addPlugin({}, { oauth: provider.oauth }), 422), "unprocessable");
    const plain = {
      ...provider.oauth,
      authorizationUrl: "http://provider.example/",
      clientId: "c",
    };
    equal(await code(auth.addPlugin({}, { oauth: plain }), 422), "unprocessable");
    equal(await code(auth.addPlugin({ pluginType: "system" }), 422), "unprocessable");
    equal(await code(auth.addPlugin({ usable: false }), 503), "plugin_off");
  }));

Deno.test("without a key a start answers 503 with the reason", () =>
  withProvider(async ({ auth, pluginId, ada }) => {
    const reply = await start(auth, ada, pluginId);
    ok(reply.headers.has("retry-after"));
    equal(await problemCode(reply, 503), "encryption_key_missing");
  }, { keyring: null }));
