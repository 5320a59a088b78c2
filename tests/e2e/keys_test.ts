/** The encryption key changes under a running platform, as the README says. */
import assert from "node:assert/strict";
import { runProgram } from "@codex/service/program";
import { SyncStatus, UserPlugin } from "@codex/protocol";
import { findEverywhere } from "../harness/leftovers.ts";
import { type Platform, PROJECT_ROOT, removeDataDir, startPlatform } from "../harness/platform.ts";
import { grantPlugin, setUpAdmin } from "../harness/scenario.ts";

const TOKEN = `a-pasted-token-${crypto.randomUUID()}`;

/** `deno task keys:<command>`, of a data folder. */
async function keys(
  command: string,
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; lines: string[]; errors: string }> {
  const { code, stdout, stderr } = await runProgram({
    command: Deno.execPath(),
    args: ["run", "-q", "-P=keys", "infra/keys/main.ts", ...command.split(" ")],
    cwd: PROJECT_ROOT,
    env: {
      PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
      HOME: Deno.env.get("HOME") ?? "/",
      CODEX_DATA_DIR: dataDir,
      ...env,
    },
    timeoutMs: 120_000,
  });
  return { code, lines: stdout.trim().split("\n"), errors: stderr.trim() };
}

async function isConnected(platform: Platform, pluginId: string): Promise<boolean> {
  const path = `/user/plugins/${pluginId}/sync/status?live`;
  const status = await platform.api.expect(SyncStatus, "GET", path);
  return status.liveError === undefined && status.externalCount === 3;
}

Deno.test("a new key takes over while the platform runs, and the old one may go", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "codex-keys-" });
  try {
    const oldKey = `${dataDir}/old-key`;
    const newKey = `${dataDir}/new-key`;
    let pluginId = "";
    let session: string | undefined;
    {
      await using platform = await startPlatform({ dataDir });
      await setUpAdmin(platform);
      session = platform.api.token;
      ({ id: pluginId } = await grantPlugin(platform, "sync-echo", { config: { auth: "token" } }));
      const path = `/user/plugins/${pluginId}/credentials`;
      const body = { accessToken: TOKEN };
      const connected = await platform.api.expect(UserPlugin, "POST", path, body);
      assert.equal(connected.status, "connected");
      assert.ok(await isConnected(platform, pluginId));
      assert.deepEqual(await findEverywhere(platform, [TOKEN]), []);
      assert.equal(
        (await keys("status", dataDir)).lines.at(-1),
        "1 of 1 values are under the current key",
      );
    }
    await Deno.copyFile(`${dataDir}/secrets/auth/encryption-key`, oldKey);
    const made = await keys("generate", dataDir);
    await Deno.writeTextFile(newKey, `${made.lines[0]}\n`);

    await assert.rejects(
      startPlatform({ dataDir, env: { CODEX_ENCRYPTION_KEY_FILE: newKey } }),
      /CODEX_ENCRYPTION_KEY is the wrong key: secrets are stored under key "[0-9a-f]{16}"/,
    );
    const both = {
      CODEX_ENCRYPTION_KEY_FILE: newKey,
      CODEX_ENCRYPTION_PREVIOUS_KEYS_FILE: oldKey,
    };
    {
      await using platform = await startPlatform({ dataDir, env: both });
      platform.api.token = session;
      assert.ok(await isConnected(platform, pluginId));
      const rotated = await keys("rotate", dataDir, both);
      assert.equal(rotated.code, 0, rotated.errors);
      assert.match(rotated.lines.at(-1) ?? "", /^Every value is under the current key/);
      assert.ok(await isConnected(platform, pluginId));
    }
    await using platform = await startPlatform({
      dataDir,
      env: { CODEX_ENCRYPTION_KEY_FILE: newKey },
    });
    platform.api.token = session;
    assert.ok(await isConnected(platform, pluginId));
  } finally {
    await removeDataDir(dataDir);
  }
});

Deno.test("a key that is lost is given up while nothing starts, and readers connect anew", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "codex-keys-" });
  const config = { username: "grace" };
  try {
    let pluginPath = "";
    let session: string | undefined;
    {
      await using platform = await startPlatform({ dataDir });
      await setUpAdmin(platform);
      session = platform.api.token;
      const { id } = await grantPlugin(platform, "sync-echo", { config: { auth: "token" } });
      pluginPath = `/user/plugins/${id}`;
      const body = { accessToken: TOKEN };
      await platform.api.expect(UserPlugin, "POST", `${pluginPath}/credentials`, body);
      await platform.api.expect(UserPlugin, "PATCH", `${pluginPath}/config`, { config });
    }
    await Deno.remove(`${dataDir}/secrets/auth/encryption-key`);
    const refused = await startPlatform({ dataDir }).then(() => "", String);
    const [, lost = ""] = /stored under key "([0-9a-f]{16})"/.exec(refused) ?? [];
    assert.ok(lost, refused);
    const status = await keys("status", dataDir);
    assert.equal(status.code, 1, status.errors);
    const hint = `run "deno task keys:forget ${lost}"`;
    assert.ok(status.lines.some((line) => line.includes(hint)), status.lines.join("\n"));
    const forgotten = await keys(`forget ${lost}`, dataDir);
    assert.deepEqual([forgotten.code, forgotten.errors], [0, ""]);
    await using platform = await startPlatform({ dataDir });
    platform.api.token = session;
    const left = await platform.api.expect(UserPlugin, "GET", pluginPath);
    assert.deepEqual([left.status, left.config], ["needs_reconnection", config]);
    const body = { accessToken: TOKEN };
    const again = await platform.api.expect(UserPlugin, "POST", `${pluginPath}/credentials`, body);
    assert.deepEqual([again.id, again.status, again.config], [left.id, "connected", config]);
  } finally {
    await removeDataDir(dataDir);
  }
});

Deno.test("the key tasks say in one line what is not there", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "codex-keys-" });
  const { code, errors } = await keys("status", dataDir);
  assert.equal(code, 1);
  assert.match(errors, /^error: Can't read "[^"]+": start the platform once[^\n]*$/);
  await Deno.remove(dataDir, { recursive: true });
});
