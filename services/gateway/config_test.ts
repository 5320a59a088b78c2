import { deepEqual as equal, throws } from "node:assert/strict";
import { createTestIdentities } from "@codex/service/testing";
import { loadConfig } from "./config.ts";

const { privateKeys, publicKeys } = await createTestIdentities();

const ENV: Record<string, string> = {
  CODEX_SERVICE_KEY: JSON.stringify(privateKeys.gateway),
  CODEX_SERVICE_PUBLIC_KEYS: JSON.stringify(publicKeys),
  CODEX_AUTH_URL: "http://127.0.0.1:1",
  CODEX_LIBRARY_URL: "http://127.0.0.1:2/",
  CODEX_PLUGIN_HOST_URL: "http://127.0.0.1:3",
  CODEX_STORAGE_URL: "http://127.0.0.1:4",
  CODEX_SYNC_URL: "http://127.0.0.1:5",
};

function load(env: Record<string, string>) {
  return loadConfig({
    get: (name) => env[name],
    readTextFile: () => {
      throw new Deno.errors.NotFound();
    },
  });
}

Deno.test("the gateway starts with the services' addresses alone", () => {
  const config = load(ENV);
  equal([config.hostname, config.port, config.trustedProxies], ["127.0.0.1", 8080, 0]);
  equal(config.publicUrl.origin, "http://localhost:8080");
  equal([config.connectionsMax, config.connectionsPerAddressMax], [400, 100]);
  equal(config.serviceUrls, {
    auth: "http://127.0.0.1:1",
    library: "http://127.0.0.1:2",
    "plugin-host": "http://127.0.0.1:3",
    storage: "http://127.0.0.1:4",
    sync: "http://127.0.0.1:5",
  });
});

Deno.test("every bad variable is named at once, without its value", () => {
  throws(
    () =>
      load({
        ...ENV,
        CODEX_PORT: "99999",
        CODEX_PUBLIC_URL: "ftp://secret",
        CODEX_TRUSTED_PROXIES: "many",
        CODEX_CONNECTIONS_MAX: "15",
        CODEX_CONNECTIONS_PER_ADDRESS_MAX: "-1",
        CODEX_SYNC_URL: "",
      }),
    (error: Error) => {
      const names = ["CONNECTIONS_MAX", "CONNECTIONS_PER_ADDRESS_MAX"];
      for (const name of ["PORT", "PUBLIC_URL", "TRUSTED_PROXIES", "SYNC_URL", ...names]) {
        equal(error.message.includes(`CODEX_${name}:`), true, name);
      }
      return !error.message.includes("secret");
    },
  );
});
