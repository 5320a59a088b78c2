/** Starts that must not succeed: one clear line on stderr, a non-zero exit, nothing left. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { requireTool } from "../test/tools.ts";
import { isAlive } from "../processes.ts";
import { layGround, startPlatform } from "./testing/platform.ts";

type Case = {
  readonly name: string;
  readonly environment: Record<string, string>;
  readonly line: RegExp;
};

const cases: readonly Case[] = [
  {
    name: "an encryption key in the environment",
    environment: { CODEX_ENCRYPTION_KEY: "c2VjcmV0" },
    line: /^error: CODEX_ENCRYPTION_KEY holds a secret, .* in CODEX_ENCRYPTION_KEY_FILE$/,
  },
  {
    name: "a database URL with a password in the environment",
    environment: { DATABASE_URL: "postgres://me:secret@127.0.0.1/codex" },
    line: /^error: DATABASE_URL holds a secret, .* in DATABASE_URL_FILE$/,
  },
  {
    name: "every bad variable, in one line and without its value",
    environment: { CODEX_PORT: "http", CODEX_SYNC_PORT: "65536", CODEX_PUBLIC_URL: "ftp://x" },
    line:
      /^error: CODEX_PORT: Must be a port [^;]*; CODEX_SYNC_PORT: [^;]*; CODEX_PUBLIC_URL: [^;]*$/,
  },
  {
    name: "settings of single services, before there is a database",
    environment: {
      CODEX_PLUGIN_SANDBOX: "on",
      CODEX_PLUGIN_PROCESSES_MAX: "0",
      CODEX_TRUSTED_PROXIES: "many",
      CODEX_ALLOWED_PRIVATE_HOSTS: "nas",
      DATABASE_URL: "postgres://127.0.0.1:1/codex",
    },
    line:
      /^error: CODEX_TRUSTED_PROXIES: [^;]*; CODEX_ALLOWED_PRIVATE_HOSTS: [^;]*; CODEX_PLUGIN_SANDBOX: Must be auto, require or off; CODEX_PLUGIN_PROCESSES_MAX: Must be from 1 to 10000$/,
  },
  {
    name: "a file that can't be read",
    environment: { CODEX_SETUP_CODE_FILE: "/nowhere/code" },
    line: /^error: CODEX_SETUP_CODE_FILE: Can't read "\/nowhere\/code"$/,
  },
  {
    name: "a data folder that can't be one",
    environment: { CODEX_DATA_DIR: "/dev/null/data" },
    line: /^error: Can't use the data folder "\/dev\/null\/data": /,
  },
  {
    name: "a server without roles for the services",
    environment: { DATABASE_URL: "postgres://127.0.0.1/codex" },
    line: /^error: The services' database roles are not known: .* CODEX_DATABASE_ADMIN_URL_FILE/,
  },
  {
    name: "an administrator's URL that leads nowhere",
    environment: { CODEX_DATABASE_ADMIN_URL: "postgres://admin@127.0.0.1:1/codex" },
    line: /^error: The database can't be migrated: .*ECONNREFUSED/,
  },
];

Deno.test("a start that can't succeed says why in one line", async (t) => {
  await using ground = await layGround();
  await Promise.all(cases.map(({ name, environment, line }, index) =>
    t.step({
      name,
      sanitizeOps: false,
      sanitizeResources: false,
      sanitizeExit: false,
      fn: async () => {
        const dataDir = join(ground.dataDir, String(index));
        await using platform = startPlatform({ ...ground, dataDir }, environment);
        assert.equal((await platform.status).code, 1);
        assert.deepEqual(platform.stdout, []);
        assert.equal(platform.stderr.length, 1, platform.stderr.join("\n"));
        assert.match(platform.stderr[0]!, line);
      },
    })
  ));
});

Deno.test("a port in use is named with its variable", async () => {
  await using ground = await layGround();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  await using platform = startPlatform(ground, { CODEX_PORT: String(port) });
  assert.equal((await platform.status).code, 1);
  assert.deepEqual(platform.stderr, [
    `error: Can't listen on port ${port} of 127.0.0.1: choose another with CODEX_PORT`,
  ]);
});

Deno.test("an address that isn't this machine's is named with its variable", async () => {
  await using ground = await layGround();
  await using platform = startPlatform(ground, { CODEX_HOST: "192.0.2.1", CODEX_PORT: "8080" });
  assert.equal((await platform.status).code, 1);
  assert.deepEqual(platform.stderr, [
    'error: CODEX_HOST: "192.0.2.1" is no address of this machine',
  ]);
});

Deno.test({
  name: "more connections than there may be open files are refused with what would do",
  // Its limit of open files is set by a program of util-linux.
  ignore: requireTool("prlimit") === "skip",
  async fn() {
    await using ground = await layGround();
    await using platform = startPlatform(ground, {}, [], ["prlimit", "--nofile=500:500"]);
    assert.equal((await platform.status).code, 1);
    assert.deepEqual(platform.stderr, [
      "error: CODEX_CONNECTIONS_MAX is 400, which takes 900 open files: raise the limit of open " +
      "files (ulimit -Hn), or set at most 200",
    ]);
  },
});

Deno.test("a service that can't start ends all with what it said", async () => {
  await using ground = await layGround();
  await ground.control("storage-fails", "storage: CODEX_STORAGE_PORT: Must be a port");
  await using platform = startPlatform(ground);
  assert.equal((await platform.status).code, 1);
  assert.deepEqual(platform.stderr, ["error: storage: CODEX_STORAGE_PORT: Must be a port"]);
  const lockFile = join(ground.dataDir, "postgres", "cluster", "postmaster.pid");
  await assert.rejects(Deno.stat(lockFile), Deno.errors.NotFound);
});

Deno.test("a second signal ends at once what the first waits for", async () => {
  await using ground = await layGround();
  await ground.control("auth-hangs", "");
  await using platform = startPlatform(ground, { CODEX_LOG_LEVEL: "debug" });
  await platform.until(/^Codex is ready/);
  const database = await Deno.readTextFile(
    join(ground.dataDir, "postgres", "cluster", "postmaster.pid"),
  );
  platform.kill("SIGINT");
  await platform.until(/Stopped/);
  // Within half a second it would count as the same Ctrl-C, heard twice.
  await new Promise((resolve) => setTimeout(resolve, 600));
  platform.kill("SIGINT");
  await platform.status;
  // The first signal alone has it end its connections one by one: "fast".
  assert.match(platform.stderr.join("\n"), /received immediate shutdown request/);
  assert.ok(!isAlive(Number(database.split("\n")[0])));
});
