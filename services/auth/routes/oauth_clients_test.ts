import { deepEqual as equal, ok } from "node:assert/strict";
import type { PluginId } from "@codex/protocol";
import {
  createFixture,
  type Fixture,
  json,
  problemCode,
  REDIRECT_URL,
} from "../testing/fixture.ts";

const oauth = {
  authorizationUrl: "https://provider.example/authorize",
  tokenUrl: "https://provider.example/token",
  scopes: [],
  pkce: true,
};

const path = (pluginId: PluginId) => `/api/v1/admin/plugins/${pluginId}/oauth`;
const get = async (auth: Fixture, pluginId: PluginId) =>
  auth.call("GET", path(pluginId), { subject: await auth.admin() });
const put = async (auth: Fixture, pluginId: PluginId, body: object) =>
  auth.call("PUT", path(pluginId), { subject: await auth.admin(), body });

Deno.test("the client is shown with what to register, and without its secret", async () => {
  await using auth = await createFixture();
  const pluginId = auth.addPlugin({}, { oauth });
  const shown = {
    clientId: null,
    hasClientSecret: false,
    redirectUrl: REDIRECT_URL,
    commonRedirectUrl: REDIRECT_URL,
    ownRedirectUrl: `http://codex.test/api/v1/user/plugins/${pluginId}/oauth/callback`,
    usesOwnRedirectUrl: false,
    authorizationUrl: oauth.authorizationUrl,
    tokenUrl: oauth.tokenUrl,
    pkce: true,
  };
  equal(await json(await get(auth, pluginId)), shown);
  const set = { ...shown, clientId: "id", hasClientSecret: true };
  const reply = await put(auth, pluginId, { clientId: " id ", clientSecret: "very-secret" });
  equal(await json(reply), set);
  equal(await json(await get(auth, pluginId)), set);
  const [row] = await auth.sql`
    select (select json_agg(s) from secrets s)::text || (select json_agg(c) from oauth_clients c)::text
      || (select json_agg(a) from audit_log a)::text as text`;
  ok(!String(row?.["text"]).includes("very-secret"));
});

Deno.test("the plugin's own redirect URL is used once it was chosen, and stays chosen", async () => {
  await using auth = await createFixture();
  const pluginId = auth.addPlugin({}, { oauth });
  const shown = async (change: object) => {
    const client = await json(await put(auth, pluginId, { clientId: "id", ...change }));
    return [client["usesOwnRedirectUrl"], client["redirectUrl"]];
  };
  const own = `http://codex.test/api/v1/user/plugins/${pluginId}/oauth/callback`;
  equal(await shown({}), [false, REDIRECT_URL]);
  equal(await shown({ useOwnRedirectUrl: true }), [true, own]);
  equal(await shown({ clientId: "other" }), [true, own]);
  equal(await shown({ useOwnRedirectUrl: false }), [false, REDIRECT_URL]);
});

Deno.test("a secret stays until it is changed or removed", async () => {
  await using auth = await createFixture();
  const pluginId = auth.addPlugin({}, { oauth });
  const hasSecret = async (change: object) =>
    (await json(await put(auth, pluginId, { clientId: "id", ...change })))["hasClientSecret"];
  equal(await hasSecret({ clientSecret: "one" }), true);
  equal(await hasSecret({}), true);
  equal(await hasSecret({ clientSecret: "two" }), true);
  equal(await hasSecret({ clientSecret: null }), false);
  equal(await hasSecret({ clientSecret: "three" }), true);
  equal(await hasSecret({ clientSecret: "" }), false);
  equal((await auth.sql`select 1 from secrets`).length, 0);
});

Deno.test("a plugin's own client id counts until the administrator sets another", async () => {
  await using auth = await createFixture();
  const pluginId = auth.addPlugin({}, { oauth: { ...oauth, clientId: "public" } });
  equal((await json(await get(auth, pluginId)))["clientId"], "public");
  equal((await json(await put(auth, pluginId, { clientId: "own" })))["clientId"], "own");
});

Deno.test("a plugin without a provider has no client, and an unknown one is not found", async () => {
  await using auth = await createFixture();
  const plain = auth.addPlugin();
  equal(await problemCode(await get(auth, plain), 422), "unprocessable");
  equal(await problemCode(await put(auth, plain, { clientId: "id" }), 422), "unprocessable");
  const unknown = crypto.randomUUID() as PluginId;
  equal(await problemCode(await get(auth, unknown), 404), "not_found");
});

Deno.test("a bad client is refused by name", async () => {
  await using auth = await createFixture();
  const pluginId = auth.addPlugin({}, { oauth });
  for (const body of [{}, { clientId: "" }, { clientId: "x".repeat(1001) }, { clientId: 1 }]) {
    equal(await problemCode(await put(auth, pluginId, body), 400), "bad_request");
  }
});

Deno.test("without a key a secret can't be kept, a client without one can", async () => {
  await using auth = await createFixture({ keyring: null });
  const pluginId = auth.addPlugin({}, { oauth });
  const refused = await put(auth, pluginId, { clientId: "id", clientSecret: "s" });
  equal(await problemCode(refused, 503), "encryption_key_missing");
  equal((await json(await get(auth, pluginId)))["clientId"], null);
  await json(await put(auth, pluginId, { clientId: "id" }));
});

Deno.test("users are told which plugins have a client", async () => {
  await using auth = await createFixture();
  const pluginId = auth.addPlugin({}, { oauth });
  auth.addPlugin({}, { oauth });
  await json(await put(auth, pluginId, { clientId: "id" }));
  const subject = await auth.addUser("ada");
  const list = await json(await auth.call("GET", "/internal/connections", { subject }));
  equal(list["oauthClients"], [pluginId]);
});

Deno.test("a deleted plugin leaves no client, secret or pending sign-in", async () => {
  await using auth = await createFixture();
  const pluginId = auth.addPlugin({}, { oauth });
  await json(await put(auth, pluginId, { clientId: "id", clientSecret: "s" }));
  const subject = await auth.addUser("ada");
  const body = { sessionId: await auth.addSession(subject) };
  await json(await auth.call("POST", `/internal/oauth/start/${pluginId}`, { subject, body }));
  await json(await auth.call("DELETE", `/vault/plugins/${pluginId}`, { from: "plugin-host" }));
  for (const table of ["oauth_clients", "oauth_flows", "secrets"]) {
    equal((await auth.sql`select 1 from ${auth.sql(table)}`).length, 0, table);
  }
});
