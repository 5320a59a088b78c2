import assert from "node:assert/strict";
import { resolve } from "node:path";
import { loadDevConfig } from "./config.ts";

Deno.test("nothing set means a server of our own on port 8080 of this machine", () => {
  const config = loadDevConfig({});
  assert.equal(config.host, "127.0.0.1");
  assert.deepEqual(config.ports, { gateway: 8080 });
  assert.equal(config.dataDir, resolve(".codex"));
  assert.deepEqual(config.database, { url: undefined, adminUrl: undefined, roleUrls: {} });
  assert.deepEqual(config.settings, {});
});

Deno.test("ports, role URLs and settings are told apart by service", () => {
  const config = loadDevConfig({
    CODEX_PORT: "0",
    CODEX_PLUGIN_HOST_PORT: "9001",
    CODEX_STORAGE_MAINTENANCE_DATABASE_URL: "postgres://codex_storage_maintenance@db/codex",
    CODEX_PLUGIN_SANDBOX: "require",
    CODEX_PLUGINS_SAFE_MODE: "",
  });
  assert.deepEqual(config.ports, { gateway: 0, "plugin-host": 9001 });
  assert.deepEqual(config.database.roleUrls, {
    codex_storage_maintenance: "postgres://codex_storage_maintenance@db/codex",
  });
  assert.deepEqual(config.settings, { CODEX_PLUGIN_SANDBOX: "require" });
});
