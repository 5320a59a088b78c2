import { deepEqual as equal, ok } from "node:assert/strict";
import type { Keyring } from "@codex/crypto";
import { createFixture, type Fixture, json, testKeyring } from "../testing/fixture.ts";
import { forgetKey, keyStatus, rotateKeys } from "./key_rotation.ts";
import { changePluginSecrets, checkKeys, readSecrets } from "./vault.ts";

const OLD = testKeyring(1);
const BOTH = testKeyring(2, [1]);
const NEW = testKeyring(2);

/** Plugins' credentials under auth's own key, each the name of its plugin. */
async function fill(auth: Fixture, plugins: number): Promise<string[]> {
  const ids = Array.from({ length: plugins }, () => crypto.randomUUID() as string);
  await Promise.all(ids.map((id) => write(auth, auth.deps.keyring!, id, id)));
  return ids;
}

async function write(auth: Fixture, keyring: Keyring, id: string, value: string): Promise<void> {
  const result = await changePluginSecrets({ ...auth.deps, keyring }, id, {
    credentials: { name: value },
  });
  equal(result, { kind: "ok" });
}

async function read(auth: Fixture, keyring: Keyring, id: string): Promise<string | undefined> {
  const owner = { purpose: "plugin_credential", ownerId: id } as const;
  const result = await readSecrets({ ...auth.deps, keyring }, owner);
  return result.kind === "ok" ? result.values["name"] : result.kind;
}

const valuesByKey = async (auth: Fixture, keyring: Keyring) =>
  (await keyStatus(auth.deps, keyring)).map(({ role, values }) => `${role} ${values}`);

Deno.test("everything is encrypted anew under the current key, and the old one may go", async () => {
  await using auth = await createFixture();
  const ids = await fill(auth, 250);
  equal(await checkKeys(auth.deps, BOTH), { kind: "ok" });
  equal(await valuesByKey(auth, BOTH), ["current 0", "previous 250"]);
  const batches: number[] = [];
  const report = await rotateKeys(auth.deps, BOTH, (done) => batches.push(done));
  equal(report, { rotated: 250, unreadable: [], left: 0 });
  equal(batches, [100, 200, 250]);
  equal(
    [...await auth.sql`select action, target, detail from audit_log`],
    [{ action: "vault.keys_rotated", target: NEW.keyId, detail: { values: 250, left: 0 } }],
  );
  equal(await valuesByKey(auth, BOTH), ["current 250", "previous 0"]);
  for (const id of ids) equal(await read(auth, NEW, id), id);
  equal(await read(auth, OLD, ids[0]!), "unknown_key");
  equal(await checkKeys(auth.deps, NEW), { kind: "ok" });
});

Deno.test("a second rotation finds nothing to do", async () => {
  await using auth = await createFixture();
  await fill(auth, 3);
  await checkKeys(auth.deps, BOTH);
  await rotateKeys(auth.deps, BOTH);
  const before = await auth.sql`select value from secrets order by owner_id`;
  equal(await rotateKeys(auth.deps, BOTH), { rotated: 0, unreadable: [], left: 0 });
  equal((await auth.sql`select from audit_log`).length, 1);
  equal(await auth.sql`select value from secrets order by owner_id`, before);
});

Deno.test("what is written while it runs is never lost, whichever key the writer has", async () => {
  await using auth = await createFixture();
  const ids = await fill(auth, 300);
  await checkKeys(auth.deps, BOTH);
  const rotating = rotateKeys(auth.deps, BOTH);
  // One replica already has the new key, the other one still writes with the old.
  await Promise.all(
    ids.map((id, n) => write(auth, n % 2 === 0 ? BOTH : testKeyring(1, [2]), id, `new ${id}`)),
  );
  await rotating;
  for (const id of ids) equal(await read(auth, BOTH, id), `new ${id}`);
  const last = await rotateKeys(auth.deps, BOTH);
  equal([last.unreadable, last.left], [[], 0]);
  for (const id of ids) equal(await read(auth, NEW, id), `new ${id}`);
});

Deno.test("two rotations at once do the work once", async () => {
  await using auth = await createFixture();
  const ids = await fill(auth, 300);
  await checkKeys(auth.deps, BOTH);
  const reports = await Promise.all([1, 2, 3].map(() => rotateKeys(auth.deps, BOTH)));
  equal(reports.reduce((sum, { rotated }) => sum + rotated, 0), 300);
  equal((await rotateKeys(auth.deps, BOTH)).left, 0);
  for (const id of ids) equal(await read(auth, NEW, id), id);
});

Deno.test("a value that can't be read is named and left as it is, and the rest is done", async () => {
  await using auth = await createFixture();
  const [broken, moved, ...rest] = await fill(auth, 5);
  await auth.sql`update secrets set value = decode('00', 'hex') where owner_id = ${broken!}`;
  await auth
    .sql`update secrets set value = (select value from secrets where owner_id = ${rest[
      0
    ]!}) where owner_id = ${moved!}`;
  await checkKeys(auth.deps, BOTH);
  const report = await rotateKeys(auth.deps, BOTH);
  equal([report.rotated, report.left], [3, 2]);
  const named = report.unreadable.map(({ ownerId, reason }) => [ownerId, reason]);
  equal(
    new Map(named as [string, string][]),
    new Map([
      [broken!, "malformed"],
      [moved!, "not_authentic"],
    ]),
  );
});

Deno.test("tokens and client secrets of every purpose are rotated", async () => {
  await using auth = await createFixture();
  const ada = await auth.addUser("ada");
  const pluginId = auth.addPlugin({}, {
    requiredCredentials: [
      { key: "access_token", label: "Token", required: true, sensitive: true, type: "password" },
    ],
  });
  const body = { accessToken: "t" };
  const path = `/internal/connections/${pluginId}/credentials`;
  await json(await auth.call("PUT", path, { subject: ada, body }));
  await checkKeys(auth.deps, BOTH);
  equal((await rotateKeys(auth.deps, BOTH)).rotated, 1);
  const [row] = await auth.sql`select owner_id from secrets`;
  const owner = { purpose: "connection_credential", ownerId: row?.["owner_id"] } as const;
  equal(await readSecrets({ ...auth.deps, keyring: NEW }, owner), {
    kind: "ok",
    values: { access_token: "t" },
  });
});

Deno.test("what a lost key encrypted can be given up: users connect again, their settings stay", async () => {
  await using auth = await createFixture();
  const ada = await auth.addUser("ada");
  const pluginId = auth.addPlugin({}, {
    requiredCredentials: [
      { key: "access_token", label: "Token", required: true, sensitive: true, type: "password" },
    ],
  });
  const path = `/internal/connections/${pluginId}`;
  const body = { accessToken: "t" };
  await json(await auth.call("PUT", `${path}/credentials`, { subject: ada, body }));
  const config = { unit: "volumes" };
  await json(await auth.call("PUT", `${path}/config`, { subject: ada, body: { config } }));
  equal((await checkKeys(auth.deps, NEW)).kind, "wrong_key");

  equal(await forgetKey(auth.deps, OLD, OLD.keyId), { kind: "configured" });
  equal(await forgetKey(auth.deps, NEW, "0123456789abcdef"), { kind: "unknown" });
  equal(await forgetKey(auth.deps, NEW, OLD.keyId), {
    kind: "forgotten",
    values: 1,
    connections: 1,
  });
  equal(await checkKeys(auth.deps, NEW), { kind: "ok" });
  const [row] = await auth.sql`select status, config from connections`;
  equal([row?.["status"], row?.["config"]], ["needs_reconnection", config]);
  const [line] = await auth.sql`select action, target from audit_log order by seq desc limit 1`;
  equal([line?.["action"], line?.["target"]], ["vault.key_forgotten", OLD.keyId]);
});

Deno.test("a key that was never used is shown, too", async () => {
  await using auth = await createFixture();
  await fill(auth, 2);
  const keys = await keyStatus(auth.deps, NEW);
  equal(keys.map(({ role, values }) => [role, values]), [["current", 0], ["missing", 2]]);
  equal(keys[0]?.firstUsedAt, null);
  ok((await keyStatus(auth.deps, null)).every(({ role }) => role === "missing"));
});
