import assert from "node:assert/strict";
import { ConfigError } from "@codex/service";
import { createTestIdentities } from "@codex/service/testing";
import { loadConfig } from "./config.ts";

const identities = await createTestIdentities();

const FILES: Readonly<Record<string, string>> = {
  "/run/key": JSON.stringify(identities.privateKeys["plugin-host"]),
  "/run/database-url": "postgres://codex_plugin_host:secret@127.0.0.1:5432/codex\n",
};

const MINIMAL = {
  CODEX_SERVICE_KEY_FILE: "/run/key",
  CODEX_SERVICE_PUBLIC_KEYS: JSON.stringify(identities.publicKeys),
  CODEX_PLUGIN_HOST_PORT: "8123",
  CODEX_PLUGIN_HOST_DATABASE_URL_FILE: "/run/database-url",
  CODEX_AUTH_URL: "http://127.0.0.1:8001",
  CODEX_STORAGE_URL: "http://127.0.0.1:8002/",
  CODEX_PUBLIC_URL: "https://codex.example",
};

function load(change: Readonly<Record<string, string>> = {}) {
  const variables: Readonly<Record<string, string>> = { ...MINIMAL, ...change };
  return loadConfig({
    get: (name) => variables[name],
    readTextFile(path) {
      const text = FILES[path];
      if (text === undefined) throw new Error("No such file");
      return text;
    },
  });
}

function problemsOf(change: Readonly<Record<string, string>>): readonly string[] {
  try {
    load(change);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

Deno.test("the minimal environment gives the documented defaults", () => {
  const config = load();
  assert.equal(config.port, 8123);
  assert.equal(config.databaseUrl, "postgres://codex_plugin_host:secret@127.0.0.1:5432/codex");
  assert.equal(config.storageUrl, "http://127.0.0.1:8002");
  assert.deepEqual(
    [config.dataDir, config.pluginsDir, config.sandboxMode, config.isSafeMode],
    [".codex", ".codex/plugins", "auto", false],
  );
  assert.deepEqual(config.allowedCommands, []);
  assert.deepEqual(config.faultLimits, { inARow: 3, inWindow: 10, windowSeconds: 3600 });
  assert.ok(Object.isFrozen(config));
});

Deno.test("settings are read, and lists take spaces around their commas", () => {
  const config = load({
    CODEX_DATA_DIR: "/var/lib/codex",
    CODEX_PLUGIN_ALLOWED_COMMANDS: "bun, /usr/bin/ruby ,",
    CODEX_PLUGIN_SANDBOX: "require",
    CODEX_PLUGIN_UIDS: "300000-300999",
    CODEX_PLUGINS_SAFE_MODE: "true",
    CODEX_PLUGIN_PROCESSES_MAX: "3",
    CODEX_PLUGIN_IDLE_SECONDS: "20",
    CODEX_PLUGIN_FAILURE_THRESHOLD: "5",
    CODEX_PLUGIN_FAILURES_IN_WINDOW: "50",
    CODEX_PLUGIN_FAILURE_WINDOW_SECONDS: "600",
  });
  assert.deepEqual(config.pluginUids, { first: 300_000, last: 300_999 });
  assert.deepEqual(config.faultLimits, { inARow: 5, inWindow: 50, windowSeconds: 600 });
  assert.equal(config.pluginsDir, "/var/lib/codex/plugins");
  assert.deepEqual(config.allowedCommands, ["bun", "/usr/bin/ruby"]);
  assert.deepEqual(
    [config.sandboxMode, config.isSafeMode, config.processesMax, config.idleMs],
    ["require", true, 3, 20_000],
  );
});

Deno.test("every bad variable is named at once", () => {
  const problems = problemsOf({
    CODEX_PLUGIN_HOST_PORT: "99999",
    CODEX_PLUGIN_SANDBOX: "on",
    CODEX_PLUGIN_UIDS: "0-65535",
    CODEX_PLUGIN_PROCESSES_MAX: "0",
    CODEX_AUTH_URL: "auth",
    CODEX_SERVICE_PUBLIC_KEYS: "{}",
  });
  const named = problems.map((problem) => problem.split(":")[0]).sort();
  assert.deepEqual(named, [
    "CODEX_AUTH_URL",
    "CODEX_PLUGIN_HOST_PORT",
    "CODEX_PLUGIN_PROCESSES_MAX",
    "CODEX_PLUGIN_SANDBOX",
    "CODEX_PLUGIN_UIDS",
    "CODEX_SERVICE_PUBLIC_KEYS",
  ]);
});

Deno.test("a secret in the environment stops the start with the file variable to use", () => {
  for (
    const [name, value] of [
      ["CODEX_SERVICE_KEY", FILES["/run/key"] ?? ""],
      ["CODEX_ENCRYPTION_KEY", "AAAA"],
      ["CODEX_PLUGIN_HOST_DATABASE_URL", "postgres://user:secret@127.0.0.1/codex"],
      ["DATABASE_URL", "postgres://user:secret@127.0.0.1/codex"],
    ] as const
  ) {
    const [problem, ...more] = problemsOf({ [name]: value });
    assert.deepEqual(more, []);
    assert.ok(problem?.includes(`${name}_FILE`), problem);
    assert.ok(!problem?.includes("secret@"));
  }
});
