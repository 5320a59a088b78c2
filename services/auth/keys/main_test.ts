/** The key tasks as a process of their own, as `infra/keys` starts it, also killed at any point. */
import { deepEqual as equal, match, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
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

/** @param killAfterLines SIGKILL once so many lines are out */
async function keys(
  database: TestDatabase,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  killAfterLines = Infinity,
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
  const errors = new Response(child.stderr).text();
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.split("\n").length > killAfterLines) child.kill("SIGKILL");
  }
  const { code, signal } = await child.status;
  return { code, signal, lines: text.trim().split("\n"), errors: await errors };
}

/** A vault of so many values under the key 1. */
async function withVault(
  values: number,
  test: (database: TestDatabase, allReadable: (fill: number) => Promise<boolean>) => Promise<void>,
): Promise<void> {
  await using database = await createTestDatabase("auth");
  const { db, close } = connectDatabase(database.urls.codex_auth, schema);
  const deps = { db, now: Date.now };
  const ids = Array.from({ length: values }, () => crypto.randomUUID() as string);
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
    });
  } finally {
    await close();
  }
}

const BOTH = {
  CODEX_ENCRYPTION_KEY: keyText(2),
  CODEX_ENCRYPTION_PREVIOUS_KEYS: keyText(1),
};

Deno.test("a rotation that is killed again and again loses nothing, and ends", async () => {
  await withVault(800, async (database, allReadable) => {
    let kills = 0;
    // The line after which it dies moves on: before the first batch is told, in the middle, late.
    for (let line = 1; line <= 4; line++) {
      const run = await keys(database, ["rotate"], BOTH, line);
      if (run.signal === "SIGKILL") kills++;
      ok(await allReadable(2), "Every value is readable after a kill");
    }
    ok(kills >= 2, `${kills} kills struck`);
    const status = await keys(database, ["status"], BOTH);
    match(status.lines.at(-1) ?? "", /^\d+ of 800 values are under the current key$/);
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
