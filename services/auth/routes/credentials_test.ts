import { deepEqual as equal, match, ok } from "node:assert/strict";
import {
  Connection,
  ConnectionSecrets,
  type Manifest,
  type PluginCallAnswer,
  type PluginId,
  type Subject,
  TicketAnswer,
} from "@codex/protocol";
import { createFixture, type Fixture, json, problemCode } from "../testing/fixture.ts";
import { signIn, withProvider } from "../testing/sign_in.ts";

const token = { key: "access_token", label: "Access token", required: true, sensitive: true };
const requiredCredentials: Manifest["requiredCredentials"] = [
  { key: "server", label: "Server", required: true, sensitive: false, type: "url" },
  { key: "password", label: "Password", required: true, sensitive: true, type: "password" },
];

const put = (auth: Fixture, subject: Subject, pluginId: PluginId, body: object) =>
  auth.call("PUT", `/internal/connections/${pluginId}/credentials`, { subject, body });

async function entered(auth: Fixture, subject: Subject, pluginId: PluginId, body: object) {
  return Connection.parse(await json(await put(auth, subject, pluginId, body)));
}

async function released(auth: Fixture, subject: Subject, pluginId: PluginId) {
  const url = `/internal/connections/${pluginId}/ticket`;
  const issued = TicketAnswer.parse(await json(await auth.call("POST", url, { subject })));
  const body = { ticket: issued.ticket };
  const reply = await auth.call("POST", "/vault/connections/release", {
    from: "plugin-host",
    body,
  });
  return ConnectionSecrets.parse(await json(reply)).credentials;
}

Deno.test("a personal access token connects at once, and a process gets it by its name", async () => {
  await using auth = await createFixture();
  const pluginId = auth.addPlugin({}, {
    requiredCredentials: [{ ...token, type: "password" }],
  });
  const ada = await auth.addUser("ada");
  const connection = await entered(auth, ada, pluginId, { accessToken: " my-token\n" });
  equal([connection.status, connection.enabled], ["connected", true]);
  equal(await released(auth, ada, pluginId), { access_token: "my-token" });
  const [row] = await auth.sql`select json_agg(s)::text as text from secrets s`;
  ok(!row?.["text"].includes("my-token"));
});

Deno.test("declared credentials connect once all that are required are there", async () => {
  await using auth = await createFixture();
  const pluginId = auth.addPlugin({}, { requiredCredentials });
  const ada = await auth.addUser("ada");
  const half = await entered(auth, ada, pluginId, { credentials: { password: "p" } });
  equal([half.status, half.statusReason], ["not_connected", 'Still to be entered: "Server"']);
  const whole = await entered(auth, ada, pluginId, {
    credentials: { server: "https://x.example" },
  });
  equal([whole.id, whole.status, whole.statusReason], [half.id, "connected", undefined]);
  equal(await released(auth, ada, pluginId), { password: "p", server: "https://x.example" });
});

Deno.test("new credentials ask for a new process", async () => {
  await using auth = await createFixture();
  const pluginId = auth.addPlugin({}, { requiredCredentials: [{ ...token, type: "password" }] });
  const ada = await auth.addUser("ada");
  const revision = async () => (await auth.sql`select revision from connections`)[0]?.["revision"];
  await entered(auth, ada, pluginId, { accessToken: "one" });
  equal(await revision(), 1);
  await entered(auth, ada, pluginId, { accessToken: "two" });
  equal(await revision(), 2);
  equal(await released(auth, ada, pluginId), { access_token: "two" });
});

Deno.test("what the plugin doesn't take is refused by name, and nothing is stored", async () => {
  await using auth = await createFixture();
  const pluginId = auth.addPlugin({}, { requiredCredentials });
  const ada = await auth.addUser("ada");
  const credentials = { server: "ftp://x", other: "x", password: "p" };
  const problem = await json(await put(auth, ada, pluginId, { credentials }), 400);
  const pointers = (problem["errors"] as { pointer: string }[]).map((it) => it.pointer);
  equal(pointers, ["/credentials/server", "/credentials/other"]);
  for (
    const body of [{}, { accessToken: 1 }, { accessToken: "x", credentials: {} }, {
      credentials: [],
    }]
  ) {
    equal(await problemCode(await put(auth, ada, pluginId, body), 400), "bad_request");
  }
  equal((await auth.sql`select 1 from secrets`).length, 0);
  equal((await auth.sql`select 1 from connections`).length, 0);
});

Deno.test("plugins that take none, are off, are for everyone or gone say so", async () => {
  await using auth = await createFixture();
  const ada = await auth.addUser("ada");
  const code = async (pluginId: PluginId, status: number) =>
    await problemCode(await put(auth, ada, pluginId, { accessToken: "x" }), status);
  equal(await code(auth.addPlugin(), 422), "unprocessable");
  equal(await code(auth.addPlugin({ pluginType: "system" }), 422), "unprocessable");
  equal(await code(auth.addPlugin({ usable: false }), 503), "plugin_off");
  equal(await code(crypto.randomUUID() as PluginId, 404), "not_found");
});

Deno.test("without a key credentials are refused with 503 and the reason", async () => {
  await using auth = await createFixture({ keyring: null });
  const pluginId = auth.addPlugin({}, { requiredCredentials });
  const reply = await put(auth, await auth.addUser("ada"), pluginId, {
    credentials: { password: "p" },
  });
  ok(reply.headers.has("retry-after"));
  equal(await problemCode(reply, 503), "encryption_key_missing");
  equal((await auth.sql`select 1 from connections`).length, 0);
});

Deno.test("a token that the service refuses is told at once", async () => {
  const answer: PluginCallAnswer = { ok: false, error: { code: -32003, message: "Bad token" } };
  await using auth = await createFixture({ answerCall: () => answer });
  const pluginId = auth.addPlugin({}, { requiredCredentials: [{ ...token, type: "password" }] });
  const connection = await entered(auth, await auth.addUser("ada"), pluginId, {
    accessToken: "wrong",
  });
  equal(connection.status, "needs_reconnection");
  match(connection.statusReason ?? "", /doesn't take what you entered/);
});

Deno.test("a token tells whose it is", async () => {
  const result = { externalId: "7", username: "ada", avatarUrl: "https://x.example/a.png" };
  await using auth = await createFixture({ answerCall: () => ({ ok: true, result, ignored: [] }) });
  const pluginId = auth.addPlugin({}, { requiredCredentials: [{ ...token, type: "password" }] });
  const connection = await entered(auth, await auth.addUser("ada"), pluginId, {
    accessToken: "t",
  });
  equal([connection.externalUsername, connection.externalAvatarUrl], [
    "ada",
    "https://x.example/a.png",
  ]);
});

Deno.test("a pasted token takes the place of a sign-in, and is not renewed by its refresh token", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    await signIn(auth, ada, pluginId);
    await entered(auth, ada, pluginId, { accessToken: "pasted" });
    auth.clock.advance(24 * 3_600_000);
    equal(await released(auth, ada, pluginId), { access_token: "pasted" });
    equal(provider.requests.length, 1);
    equal((await auth.sql`select 1 from secrets where purpose = 'oauth_refresh_token'`).length, 0);
  }));
