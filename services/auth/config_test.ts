import { deepEqual as equal, match, ok } from "node:assert/strict";
import { ConfigError, type ConfigSource } from "@codex/service";
import { createTestIdentities } from "@codex/service/testing";
import { loadConfig } from "./config.ts";

const { privateKeys, publicKeys } = await createTestIdentities();
const key = (fill: number) => new Uint8Array(32).fill(fill).toBase64();

const complete: Record<string, string> = {
  CODEX_SERVICE_KEY: JSON.stringify(privateKeys.auth),
  CODEX_SERVICE_PUBLIC_KEYS: JSON.stringify(publicKeys),
  CODEX_AUTH_PORT: "9001",
  CODEX_PUBLIC_URL: "https://codex.example/base/",
  CODEX_AUTH_DATABASE_URL: "postgres://codex_auth:x@127.0.0.1:5432/codex",
  CODEX_LIBRARY_URL: "http://127.0.0.1:9002",
  CODEX_PLUGIN_HOST_URL: "http://127.0.0.1:9003/",
  CODEX_STORAGE_URL: "http://127.0.0.1:9004",
  CODEX_SYNC_URL: "http://127.0.0.1:9005",
};

const source = (change: Record<string, string | undefined>): ConfigSource => ({
  get: (name) => ({ ...complete, ...change })[name],
  readTextFile: (path) => `${path.slice("/files/".length)}\n`,
});

function problemsOf(change: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig(source(change));
  } catch (error) {
    ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

Deno.test("the smallest configuration has no key and no code", () => {
  const config = loadConfig(source({}));
  equal(config.port, 9001);
  equal(config.keyring, null);
  equal(config.setupCode, null);
  equal(config.peers["plugin-host"], "http://127.0.0.1:9003");
  equal(config.redirectUrl, "https://codex.example/base/api/v1/user/plugins/oauth/callback");
  equal([...config.allowedHosts], []);
  ok(Object.isFrozen(config));
});

Deno.test("keys are read, also from files, the current one first", () => {
  const config = loadConfig(source({
    CODEX_ENCRYPTION_KEY_FILE: `/files/${key(2)}`,
    CODEX_ENCRYPTION_PREVIOUS_KEYS: `${key(1)}, ${key(0)}`,
  }));
  equal(config.keyring?.keyIds.length, 3);
  equal(config.keyring?.keyId, config.keyring?.keyIds[0]);
});

Deno.test("private hosts are allowed by name and port", () => {
  const config = loadConfig(source({ CODEX_ALLOWED_PRIVATE_HOSTS: "nas.lan:443,127.0.0.1:80" }));
  equal([...config.allowedHosts], ["nas.lan:443", "127.0.0.1:80"]);
});

Deno.test("the database's URL may be the common one", () => {
  const url = "postgres://codex_auth:x@db.example/codex";
  const config = loadConfig(source({ CODEX_AUTH_DATABASE_URL: undefined, DATABASE_URL: url }));
  equal(config.databaseUrl, url);
});

Deno.test("every bad variable is named at once, without its value", () => {
  const problems = problemsOf({
    CODEX_ENCRYPTION_KEY: "c2hvcnQ=",
    CODEX_ENCRYPTION_PREVIOUS_KEYS: `${key(1)},oops!`,
    CODEX_SETUP_CODE: "short",
    CODEX_AUTH_PORT: "many",
    CODEX_SYNC_URL: undefined,
    CODEX_ALLOWED_PRIVATE_HOSTS: "nas.lan",
  });
  equal(problems.length, 6);
  const text = problems.join("\n");
  match(text, /CODEX_ENCRYPTION_KEY: .*is 5 bytes.*openssl rand -base64 32/);
  match(text, /CODEX_ENCRYPTION_PREVIOUS_KEYS: Key 2: .*not base64/);
  match(text, /CODEX_SYNC_URL: Is not set/);
  for (const value of ["c2hvcnQ=", "oops!", "short\n"]) ok(!text.includes(value));
});

Deno.test("previous keys without a current one are an error", () => {
  const [problem] = problemsOf({ CODEX_ENCRYPTION_PREVIOUS_KEYS: key(1) });
  match(problem ?? "", /set the current key/);
});
