import assert from "node:assert/strict";
import { ConfigError } from "@codex/service";
import { createTestIdentities } from "@codex/service/testing";
import { loadConfig } from "./config.ts";

Deno.test("every bad variable is reported at once", () => {
  const load = () =>
    loadConfig({
      get: (name) => name === "CODEX_LIBRARY_PORT" ? "many" : undefined,
      readTextFile: () => "",
    });
  assert.throws(load, (error) => {
    assert.ok(error instanceof ConfigError);
    const names = error.problems.map((problem) => problem.split(":")[0]);
    assert.deepEqual(names.sort(), [
      "CODEX_LIBRARY_DATABASE_URL",
      "CODEX_LIBRARY_PORT",
      "CODEX_PLUGIN_HOST_URL",
      "CODEX_SERVICE_KEY",
      "CODEX_SERVICE_PUBLIC_KEYS",
    ]);
    return true;
  });
});

Deno.test("the database of all services serves where library has none of its own", async () => {
  const { privateKeys, publicKeys } = await createTestIdentities();
  const variables: Record<string, string> = {
    DATABASE_URL: "postgres://codex_library@127.0.0.1/codex",
    CODEX_LIBRARY_PORT: "0",
    CODEX_PLUGIN_HOST_URL: "http://127.0.0.1:1/",
    CODEX_SERVICE_KEY: JSON.stringify(privateKeys.library),
    CODEX_SERVICE_PUBLIC_KEYS: JSON.stringify(publicKeys),
  };
  const config = loadConfig({ get: (name) => variables[name], readTextFile: () => "" });
  assert.equal(config.CODEX_LIBRARY_DATABASE_URL, variables["DATABASE_URL"]);
  assert.equal(config.CODEX_PLUGIN_HOST_URL, "http://127.0.0.1:1");
});
