/** The key tasks as a process of their own, as `infra/keys` starts it, also killed at any point. */
import { deepEqual as equal, match, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import postgres, { type Sql } from "postgres";
import { connectDatabase } from "@codex/service/database";
import { createTestDatabase, type TestDatabase } from "../../../infra/test/database.ts";
import { schema } from "../db/database.ts";
import { testKeyring } from "../testing/fixture.ts";
import { changePluginSecrets, checkKeys, readSecrets } from "../workflows/vault.ts";

const keyText = (fill: number) => new Uint8Array(32).fill(fill).toBase64();
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

interface Run {
  readonly code: number;
  readonly signal: string | null;
  readonly lines: string[];
  readonly errors: string;
}

/** @param untilKilled when this resolves the process gets SIGKILL */
async function keys(
  database: TestDatabase,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  untilKilled?: Promise<void>,
): Promise<Run> {
  const url = database.urls.codex_auth;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-prompt", "--no-check", "--cached-only", "-P=auth:keys"],
      `--allow-net=${new URL(url).host}`,
      "services/auth/keys/main.ts",
      ...args,
    ],
    cwd: ROOT,
    clearEnv: true,
    env: { HOME: Deno.env.get("HOME") ?? "/", NO_COLOR: "1", CODEX_AUTH_DATABASE_URL: url, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [text, errors] = [child.stdout, child.stderr].map((it) => new Response(it).text());
  await untilKilled?.then(() => child.kill("SIGKILL"));
  const { code, signal } = await child.status;
  return { code, signal, lines: (await text!).trim().split("\n"), errors: await errors! };
}

const HOLD_LOCK = 1;

/** Runs `during` while whoever encrypts this owner's value anew is held up at it. */
async function holdingUp(
  admin: Sql,
  ownerId: string,
  during: (isHeldUp: Promise<void>) => Promise<void>,
): Promise<void> {
  await admin.unsafe(`
    create or replace function auth.hold_up() returns trigger language plpgsql as
      'begin perform pg_advisory_xact_lock_shared(${HOLD_LOCK}); return new; end';
    create trigger hold_up before update on auth.secrets for each row
      when (new.owner_id = '${ownerId}') execute function auth.hold_up()`);
  await admin.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${HOLD_LOCK})`;
    await during(untilHeldUp(admin));
  });
  // Waits until nothing is left of a process that was killed.
  await admin`drop trigger hold_up on auth.secrets`;
}

async function untilHeldUp(admin: Sql): Promise<void> {
  const isHeldUp = async () =>
    (await admin`select from pg_stat_activity
      where datname = current_database() and wait_event = 'advisory'`).length > 0;
  for (let polls = 0; !await isHeldUp(); polls++) {
    ok(polls < 6000, "Nobody came to the value");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A vault of so many values under the key 1. */
async function withVault(
  values: number,
  test: (
    database: TestDatabase,
    allReadable: (fill: number) => Promise<boolean>,
    /** Of the values, in the order in which they are encrypted anew. */
    ownerIds: readonly string[],
  ) => Promise<void>,
): Promise<void> {
  await using database = await createTestDatabase("auth");
  const { db, close } = connectDatabase(database.urls.codex_auth, schema);
  const deps = { db, now: Date.now };
  const ids = Array.from({ length: values }, () => crypto.randomUUID() as string).sort();
  await checkKeys(deps, testKeyring(1));
  for (const id of ids) {
    const change = { credentials: { name: id } };
    await changePluginSecrets({ ...deps, keyring: testKeyring(1) }, id, change);
  }
  try {
    await test(database, async (fill) => {
      const both = testKeyring(fill, fill === 2 ? [1] : []);
      for (const ownerId of ids) {
        const owner = { purpose: "plugin_credential", ownerId } as const;
        const read = await readSecrets({ db, keyring: both }, owner);
        if (read.kind !== "ok" || read.values["name"] !== ownerId) return false;
      }
      return true;
    }, ids);
  } finally {
    await close();
  }
}

const BOTH = {
  CODEX_ENCRYPTION_KEY: keyText(2),
  CODEX_ENCRYPTION_PREVIOUS_KEYS: keyText(1),
};

Deno.test("a rotation that is killed again and again loses nothing, and ends", async () => {
  await withVault(800, async (database, allReadable, ownerIds) => {
    const admin = postgres(database.adminUrl, { max: 2, onnotice: () => {} });
    // In a batch each time: before the first is told, in the middle, late.
    for (const place of [50, 350, 750]) {
      await holdingUp(admin, ownerIds[place]!, async (isHeldUp) => {
        const run = await keys(database, ["rotate"], BOTH, isHeldUp);
        equal(run.signal, "SIGKILL");
      });
      ok(await allReadable(2), "Every value is readable after a kill");
    }
    await admin.end();
    const status = await keys(database, ["status"], BOTH);
    equal(status.lines.at(-1), "700 of 800 values are under the current key");
    const last = await keys(database, ["rotate"], BOTH);
    equal([last.code, last.errors], [0, ""]);
    match(last.lines.at(-1) ?? "", /^Every value is under the current key/);
    const alone = { CODEX_ENCRYPTION_KEY: keyText(2) };
    const after = await keys(database, ["status"], alone);
    equal(after.lines.at(-1), "800 of 800 values are under the current key");
  });
});

Deno.test("without the key that values are under nothing is rotated, in one line", async () => {
  await withVault(2, async (database, allReadable) => {
    const alone = { CODEX_ENCRYPTION_KEY: keyText(2) };
    const refused = await keys(database, ["rotate"], alone);
    equal(refused.code, 1);
    match(refused.errors, /^keys: CODEX_ENCRYPTION_KEY is the wrong key: [^\n]*\n$/);
    const status = await keys(database, ["status"], alone);
    equal(status.code, 1);
    match(status.lines.join("\n"), /\(missing\): 2 values, unreadable/);
    equal(await allReadable(1), true);

    const { keyId } = testKeyring(1);
    const forgotten = await keys(database, ["forget", keyId], alone);
    match(forgotten.lines[0] ?? "", /^2 values under key [0-9a-f]{16} were given up/);
    equal((await keys(database, ["rotate"], alone)).code, 0);
  });
});

Deno.test("bad use, no key and no database are told in one line", async () => {
  await withVault(0, async (database) => {
    const one = { CODEX_ENCRYPTION_KEY: keyText(1) };
    for (const args of [[], ["nonsense"], ["forget"]]) {
      match((await keys(database, args, one)).errors, /^keys: Use: status, rotate, or forget/);
    }
    match(
      (await keys(database, ["rotate"], {})).errors,
      /^keys: CODEX_ENCRYPTION_KEY is not set\n$/,
    );
    const bad = await keys(database, ["rotate"], { CODEX_ENCRYPTION_KEY: "short" });
    match(bad.errors, /^keys: CODEX_ENCRYPTION_KEY: Must be the base64 of exactly 32 bytes/);
  });
});
