import assert from "node:assert/strict";
import { ConfigError } from "@codex/service";
import { createTestIdentities } from "@codex/service/testing";
import { loadConfig } from "./config.ts";

const { privateKeys, publicKeys } = await createTestIdentities();
const variables: Record<string, string> = {
  CODEX_SYNC_PORT: "4005",
  CODEX_AUTH_URL: "http://127.0.0.1:4001",
  CODEX_LIBRARY_URL: "http://127.0.0.1:4002",
  CODEX_PLUGIN_HOST_URL: "http://127.0.0.1:4003",
  CODEX_SYNC_DATABASE_URL: "postgres://codex_sync@127.0.0.1/codex",
  CODEX_SERVICE_KEY: JSON.stringify(privateKeys.sync),
  CODEX_SERVICE_PUBLIC_KEYS: JSON.stringify(publicKeys),
};

function load(changes: Record<string, string | undefined>) {
  const all = { ...variables, ...changes };
  return loadConfig({
    get: (name) => all[name],
    readTextFile: (path) => {
      throw new Error(path);
    },
  });
}

Deno.test("configuration is read and frozen; DATABASE_URL stands in for the service's own", () => {
  const url = "postgres://other@127.0.0.1/codex";
  const config = load({ CODEX_SYNC_DATABASE_URL: undefined, DATABASE_URL: url });
  assert.equal(config.port, 4005);
  assert.equal(config.databaseUrl, url);
  assert.ok(Object.isFrozen(config));
});

Deno.test("every bad variable is named at once", () => {
  assert.throws(
    () =>
      load({
        CODEX_SYNC_PORT: "x",
        CODEX_SYNC_DATABASE_URL: "mysql://x",
        CODEX_AUTH_URL: undefined,
      }),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.problems, [
        "CODEX_AUTH_URL: Is not set",
        "CODEX_SYNC_PORT: Must be a port number from 0 to 65535",
        "CODEX_SYNC_DATABASE_URL: Must be a URL that starts with postgres://",
      ]);
      return true;
    },
  );
});
