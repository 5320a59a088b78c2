import assert from "node:assert/strict";
import { join } from "node:path";
import { importJWK, jwtVerify, SignJWT } from "jose";
import { ensureServiceKeys, PUBLIC_KEYS, serviceKeyName } from "./service_keys.ts";
import { openSecretStore } from "./store.ts";

async function withDataDir(run: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir();
  try {
    await run(dataDir);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

const modeOf = async (path: string) => (await Deno.stat(path)).mode! & 0o777;

Deno.test("a secret is made once and kept for its owner alone", async () => {
  await withDataDir(async (dataDir) => {
    const store = await openSecretStore(dataDir);
    assert.equal(await store.ensure("auth/key", () => "first"), "first");
    const again = await openSecretStore(dataDir);
    assert.equal(await again.ensure("auth/key", () => "second"), "first");
    assert.equal(await modeOf(again.path("auth/key")), 0o600);
    assert.equal(await modeOf(again.path("auth")), 0o700);
  });
});

Deno.test("a secrets folder that is open to others is closed", async () => {
  await withDataDir(async (dataDir) => {
    await Deno.mkdir(join(dataDir, "secrets"), { mode: 0o755 });
    const store = await openSecretStore(dataDir);
    assert.equal(await modeOf(store.folder), 0o700);
  });
});

Deno.test("what a crash left half written is written anew", async () => {
  await withDataDir(async (dataDir) => {
    const store = await openSecretStore(dataDir);
    await store.write("key", "old");
    await Deno.writeTextFile(store.path("key.partial"), "half", { mode: 0o644 });
    await store.write("key", "new");
    assert.equal(await store.read("key"), "new");
    assert.equal(await modeOf(store.path("key")), 0o600);
  });
});

Deno.test("a service's key signs what the published key verifies", async () => {
  await withDataDir(async (dataDir) => {
    const store = await openSecretStore(dataDir);
    await ensureServiceKeys(store, ["auth", "sync"]);
    const published = JSON.parse(await Deno.readTextFile(store.path(PUBLIC_KEYS)));
    assert.deepEqual(Object.keys(published), ["auth", "sync"]);
    assert.ok(!("d" in published.sync), "no private part");

    const key = JSON.parse(await Deno.readTextFile(store.path(serviceKeyName("sync"))));
    const token = await new SignJWT({}).setProtectedHeader({ alg: "EdDSA" })
      .sign(await importJWK(key, "EdDSA"));
    await jwtVerify(token, await importJWK(published.sync, "EdDSA"));
    await assert.rejects(jwtVerify(token, await importJWK(published.auth, "EdDSA")));
  });
});

Deno.test("a damaged service key is named, not replaced", async () => {
  await withDataDir(async (dataDir) => {
    const store = await openSecretStore(dataDir);
    await store.write(serviceKeyName("auth"), "{}");
    await assert.rejects(ensureServiceKeys(store, ["auth"]), /is not an Ed25519 key: delete it/);
  });
});
