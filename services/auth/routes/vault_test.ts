import { deepEqual as equal, match, ok, rejects } from "node:assert/strict";
import { type PluginId, PluginSecrets } from "@codex/protocol";
import { checkKeys } from "../workflows/vault.ts";
import {
  createFixture,
  type Fixture,
  type FixtureOptions,
  json,
  problemCode,
  testKeyring,
} from "../testing/fixture.ts";
import { createApp } from "../app.ts";

const path = (pluginId: string) => `/vault/plugins/${pluginId}`;
const newId = () => crypto.randomUUID() as PluginId;

const put = (auth: Fixture, pluginId: string, credentials: Record<string, string | null>) =>
  auth.call("PUT", path(pluginId), { from: "plugin-host", body: { credentials } });
const get = (auth: Fixture, pluginId: string) =>
  auth.call("GET", path(pluginId), { from: "plugin-host" });

async function read(auth: Fixture, pluginId: string) {
  return PluginSecrets.parse(await json(await get(auth, pluginId))).credentials;
}

/** The same database, seen by an auth with another key. */
function withKeyring(auth: Fixture, keyring: FixtureOptions["keyring"]): Fixture {
  const deps = { ...auth.deps, keyring: keyring ?? null };
  const app = createApp(deps);
  return {
    ...auth,
    deps,
    app,
    async call(method, url, call = {}) {
      const headers = {
        ...await auth.identities.headers(call.from ?? "gateway", "auth"),
        "content-type": "application/json",
      };
      const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
      return await app.request(url, { method, headers, ...body });
    },
  };
}

Deno.test("credentials are set, kept, replaced and removed by name", async () => {
  await using auth = await createFixture();
  const [one, other] = [newId(), newId()];
  equal(await read(auth, one), {});
  await json(await put(auth, one, { key: "k1", secret: "s1 ☕" }));
  await json(await put(auth, other, { key: "other" }));
  await json(await put(auth, one, { key: "k2", secret: null, absent: null }));
  equal(await read(auth, one), { key: "k2" });
  equal(await read(auth, other), { key: "other" });
});

Deno.test("changes of different names at once all land", async () => {
  await using auth = await createFixture();
  const id = newId();
  const names = Array.from({ length: 20 }, (_, n) => `name${n}`);
  await Promise.all(names.map(async (name) => json(await put(auth, id, { [name]: name }))));
  equal(await read(auth, id), Object.fromEntries(names.map((name) => [name, name])));
});

Deno.test("nothing of a credential stands in the database in clear", async () => {
  await using auth = await createFixture();
  await json(await put(auth, newId(), { key: "very-secret-value" }));
  const [row] = await auth.sql`select secrets::text as text, value from secrets`;
  ok(!String(row?.["text"]).includes("very-secret-value"));
  ok(!new TextDecoder().decode(row?.["value"]).includes("very-secret"));
});

Deno.test("a ciphertext that is moved to another row does not decrypt", async () => {
  await using auth = await createFixture();
  const [one, other] = [newId(), newId()];
  await json(await put(auth, one, { key: "k1", secret: "s1" }));
  await json(await put(auth, other, { key: "k2" }));
  const moves = [
    auth.sql`update secrets set value = (select value from secrets
      where owner_id = ${one} and name = 'key') where owner_id = ${other}`,
    auth.sql`update secrets set value = (select value from secrets
      where owner_id = ${one} and name = 'secret') where owner_id = ${one} and name = 'key'`,
  ];
  await Promise.all(moves);
  for (const id of [one, other]) equal(await problemCode(await get(auth, id), 500), "internal");
});

Deno.test("without a key nothing is stored, the reason is told, and empty plugins still work", async () => {
  await using auth = await createFixture({ keyring: null });
  const id = newId();
  const reply = await put(auth, id, { key: "k1" });
  ok(reply.headers.has("retry-after"));
  const problem = await json(reply, 503);
  equal(problem["code"], "encryption_key_missing");
  match(String(problem["detail"]), /CODEX_ENCRYPTION_KEY/);
  equal((await auth.sql`select 1 from secrets`).length, 0);
  equal(await read(auth, id), {});
  await json(await put(auth, id, { key: null }));
});

Deno.test("values that were stored with a key need it", async () => {
  await using auth = await createFixture();
  const id = newId();
  await json(await put(auth, id, { key: "k1" }));
  equal(
    await problemCode(await get(withKeyring(auth, null), id), 503),
    "encryption_key_missing",
  );
  const other = await json(await get(withKeyring(auth, testKeyring(2)), id), 503);
  match(String(other["detail"]), /CODEX_ENCRYPTION_PREVIOUS_KEYS/);
});

Deno.test("a key replaces another while both are configured", async () => {
  await using auth = await createFixture();
  const id = newId();
  await json(await put(auth, id, { old: "o" }));
  const both = testKeyring(2, [1]);
  equal(await checkKeys(auth.deps, both), { kind: "ok" });
  const after = withKeyring(auth, both);
  await json(await put(after, id, { young: "y" }));
  equal(await read(after, id), { old: "o", young: "y" });
  // Its old values still need the old key.
  const wrong = await checkKeys(auth.deps, testKeyring(2));
  equal(wrong, { kind: "wrong_key", missingKeyIds: [auth.deps.keyring!.keyId] });
});

Deno.test("a wrong key is told at start, and nothing is recorded then", async () => {
  await using auth = await createFixture();
  await json(await put(auth, newId(), { key: "k1" }));
  const result = await checkKeys(auth.deps, testKeyring(9));
  equal(result, { kind: "wrong_key", missingKeyIds: [auth.deps.keyring!.keyId] });
  const keys = await auth.sql`select key_id from encryption_keys`;
  equal(keys.map((row) => row["key_id"]), [auth.deps.keyring!.keyId]);
});

Deno.test("a key that nothing was stored under may change freely", async () => {
  await using auth = await createFixture();
  equal(await checkKeys(auth.deps, testKeyring(9)), { kind: "ok" });
});

Deno.test("a key whose check value differs is wrong although its id is the same", async () => {
  await using auth = await createFixture();
  await json(await put(auth, newId(), { key: "k1" }));
  await auth.sql`update encryption_keys set check_value = sha256(check_value)`;
  equal((await checkKeys(auth.deps, testKeyring(1))).kind, "wrong_key");
});

Deno.test("deleting a plugin removes its secrets and every connection to it", async () => {
  await using auth = await createFixture();
  const [ada, bob] = [await auth.addUser("ada"), await auth.addUser("bob")];
  const [doomed, kept] = [auth.addPlugin(), auth.addPlugin()];
  for (const subject of [ada, bob]) {
    for (const id of [doomed, kept]) {
      await json(await auth.call("POST", `/internal/connections/${id}/enable`, { subject }));
    }
  }
  for (const id of [doomed, kept]) await json(await put(auth, id, { key: "k" }));
  const remove = () => auth.call("DELETE", path(doomed), { from: "plugin-host" });
  equal(await json(await remove()), {});
  equal(await json(await remove()), {}, "Deleting twice is fine");
  equal(await read(auth, doomed), {});
  equal(await read(auth, kept), { key: "k" });
  const left = await auth.sql`select distinct plugin_id from connections`;
  equal(left.map((row) => row["plugin_id"]), [kept]);
  equal((await auth.sql`select 1 from purges_owed where plugin_id = ${doomed}`).length, 6);
});

Deno.test("names and values beyond their limits are refused", async () => {
  await using auth = await createFixture();
  const refused = [{ "": "x" }, { ["n".repeat(129)]: "x" }, { key: "v".repeat(32_769) }];
  for (const credentials of refused) {
    equal(await problemCode(await put(auth, newId(), credentials), 400), "bad_request");
  }
  await json(await put(auth, newId(), { ["n".repeat(128)]: "v".repeat(32_768) }));
});

Deno.test("a body beyond 4 MiB is refused", async () => {
  await using auth = await createFixture();
  const credentials = Object.fromEntries(
    Array.from({ length: 140 }, (_, n) => [`n${n}`, "v".repeat(32_000)]),
  );
  equal(await problemCode(await put(auth, newId(), credentials), 413), "payload_too_large");
});

Deno.test("a secret of a connection must be that connection's own", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin();
  const { id } = await json(
    await auth.call("POST", `/internal/connections/${pluginId}/enable`, { subject }),
  );
  await rejects(
    auth.sql`
      insert into secrets (purpose, owner_id, connection_id, name, key_id, value, updated_at)
      values ('connection_credential', ${newId()}, ${String(id)}, 'x',
        ${auth.deps.keyring!.keyId}, 'x', now())`,
    { code: "23514" },
  );
});
