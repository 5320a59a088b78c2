/** Storage, and its database, are killed while a plugin writes: nothing that was acknowledged may be lost. */
import assert from "node:assert/strict";
import { z } from "zod";
import { connectAsAdmin } from "../harness/admin_database.ts";
import { type Platform, startPlatform } from "../harness/platform.ts";
import type { ProcessRow } from "../harness/processes.ts";
import { actAsSync, chooseServicePorts } from "../harness/service_peer.ts";
import { setUpAdmin } from "../harness/scenario.ts";
import { connectStorageProbe, type StorageProbe } from "../harness/storage_probe.ts";

const KEYS = 8;
/** Long enough for several kills and restarts. */
const HAMMER_MS = 8000;
/** Acknowledged for each key before the first kill, at least. */
const WRITES_MIN = 20;
/** Of what comes by itself; a busy machine takes its time. */
const TIMEOUT_MS = 120_000;

const Hammered = z.object({
  ok: z.literal(true),
  acknowledged: z.record(z.string(), z.int()),
  tried: z.record(z.string(), z.int()),
  failed: z.int(),
  failures: z.array(z.object({ code: z.int().optional(), message: z.string() })),
});

async function withProbe(
  body: (platform: Platform, probe: StorageProbe) => Promise<void>,
): Promise<void> {
  const ports = chooseServicePorts();
  await using platform = await startPlatform({ env: ports.env });
  await setUpAdmin(platform);
  await body(platform, await connectStorageProbe(platform, await actAsSync(platform, ports)));
}

/** Processes of the platform whose command line has `part`. */
async function processesOf(platform: Platform, part: RegExp): Promise<ProcessRow[]> {
  return (await platform.processes()).filter(({ args }) => part.test(args));
}

const STORAGE = /services\/storage\/main\.ts/;
const POSTGRES = /\/postgres( |$).*-D/;

async function killAll(platform: Platform, part: RegExp): Promise<void> {
  for (const { pid } of await processesOf(platform, part)) Deno.kill(pid, "SIGKILL");
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Until every key has been written so often that a kill strikes writes. */
async function untilWritten(platform: Platform): Promise<void> {
  const sql = await connectAsAdmin(platform);
  try {
    await until(async () => {
      const rows = await sql`select data::text::int as number from storage.entries`;
      return rows.length === KEYS && rows.every(({ number }) => number > WRITES_MIN);
    });
  } finally {
    await sql.end();
  }
}

/** Writes for a while, has `disturb` done meanwhile, and checks every key against what was acknowledged. */
async function hammerThrough(
  platform: Platform,
  probe: StorageProbe,
  disturb: () => Promise<void>,
): Promise<void> {
  const hammering = probe.run({ do: "hammer", keys: KEYS, forMs: HAMMER_MS });
  await untilWritten(platform);
  await disturb();
  const { acknowledged, tried, failed, failures } = Hammered.parse(await hammering);
  assert.ok(failed > 0, "The kills came too early or too late: no write failed");
  for (const { code, message } of failures) {
    assert.equal(code, -32603, message);
    assert.match(message, /^Storage can't be reached now/);
  }
  await until(() => isWell(probe));
  for (let index = 0; index < KEYS; index++) {
    const key = `key-${index}`;
    const { data } = z.object({ data: z.int() }).parse(await probe.run({ do: "get", key }));
    const [least, most] = [acknowledged[key] ?? 0, tried[key] ?? 0];
    assert.ok(least >= WRITES_MIN, `Only ${least} writes of ${key} were acknowledged`);
    assert.ok(least <= data && data <= most, `${key} is ${data}, acknowledged was ${least}`);
  }
}

/** Whether all that a plugin's storage takes is there again. */
async function isWell(probe: StorageProbe): Promise<boolean> {
  return await probe.run({ do: "list" }).then(({ ok }) => ok === true, () => false);
}

Deno.test("kill -9 of storage while a plugin writes loses no acknowledged value", async () => {
  await withProbe(async (platform, probe) => {
    await hammerThrough(platform, probe, async () => {
      for (let kill = 0; kill < 3; kill++) {
        await killAll(platform, STORAGE);
        await pause(2000);
      }
    });
  });
});

Deno.test("kill -9 of PostgreSQL while a plugin writes loses no acknowledged value", async () => {
  await withProbe(async (platform, probe) => {
    await hammerThrough(platform, probe, () => killAll(platform, POSTGRES));
  });
});

Deno.test("with storage hanging or away a plugin's call fails in plain words, and then goes on", async () => {
  await withProbe(async (platform, probe) => {
    await probe.run({ do: "set", key: "kept", value: "before" });
    const [storage] = await processesOf(platform, STORAGE);
    assert.ok(storage);
    Deno.kill(storage.pid, "SIGSTOP");
    const refused = z.object({ ok: z.literal(false), code: z.int(), message: z.string() });
    const hanging = refused.extend({ elapsedMs: z.number() })
      .parse(await probe.run({ do: "set", key: "kept", value: "meanwhile" }));
    assert.equal(hanging.code, -32603);
    assert.match(hanging.message, /^Storage can't be reached now/);
    assert.ok(hanging.elapsedMs < 9000, `It took ${hanging.elapsedMs} ms`);
    // The supervisor would start it again in the meantime.
    Deno.kill(storage.parent, "SIGSTOP");
    Deno.kill(storage.pid, "SIGKILL");
    const away = await probe.run({ do: "get", key: "kept" })
      .finally(() => Deno.kill(storage.parent, "SIGCONT"));
    assert.equal(refused.parse(away).code, -32603);
    await until(async () => (await probe.run({ do: "get", key: "kept" })).ok === true);
    const { data } = await probe.run({ do: "get", key: "kept" });
    assert.ok(data === "before" || data === "meanwhile");
    assert.deepEqual((await probe.run({ do: "list" })).keys, ["kept"]);
  });
});

async function until(isDone: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + TIMEOUT_MS;
  while (!await isDone()) {
    assert.ok(performance.now() < end, "It did not happen");
    await pause(100);
  }
}
