import assert from "node:assert/strict";
import { ConfigError } from "@codex/service";
import { createTestIdentities } from "@codex/service/testing";
import { loadConfig } from "./config.ts";

const { privateKeys, publicKeys } = await createTestIdentities();
const variables: Record<string, string> = {
  CODEX_STORAGE_PORT: "4004",
  CODEX_STORAGE_DATABASE_URL: "postgres://codex_storage@127.0.0.1/codex",
  CODEX_STORAGE_MAINTENANCE_DATABASE_URL: "postgres://codex_storage_maintenance@127.0.0.1/codex",
  CODEX_SERVICE_KEY: JSON.stringify(privateKeys.storage),
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

function problemsOf(changes: Record<string, string | undefined>): readonly string[] {
  try {
    load(changes);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

Deno.test("configuration is read and frozen", () => {
  const config = load({});
  assert.equal(config.port, 4004);
  assert.equal(config.hostname, "127.0.0.1");
  assert.ok(Object.isFrozen(config));
});

Deno.test("DATABASE_URL stands in for the service's own URL, not for the maintenance role's", () => {
  const url = "postgres://other@127.0.0.1/codex";
  const config = load({ CODEX_STORAGE_DATABASE_URL: undefined, DATABASE_URL: url });
  assert.equal(config.databaseUrl, url);
  assert.deepEqual(
    problemsOf({ CODEX_STORAGE_MAINTENANCE_DATABASE_URL: undefined, DATABASE_URL: url }),
    ["CODEX_STORAGE_MAINTENANCE_DATABASE_URL: Is not set"],
  );
});

Deno.test("every bad variable is named at once", () => {
  const { auth: _, ...others } = publicKeys;
  assert.deepEqual(
    problemsOf({
      CODEX_SERVICE_PUBLIC_KEYS: JSON.stringify(others),
      CODEX_STORAGE_PORT: "70000",
      CODEX_STORAGE_DATABASE_URL: undefined,
    }),
    [
      'CODEX_SERVICE_PUBLIC_KEYS: Must hold the key of "auth"',
      "CODEX_STORAGE_PORT: Must be a port number from 0 to 65535",
      "CODEX_STORAGE_DATABASE_URL: Is not set",
    ],
  );
});
