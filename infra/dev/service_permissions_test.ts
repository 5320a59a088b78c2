import assert from "node:assert/strict";
import type { DatabaseRole } from "../migrate/services.ts";
import type { SecretStore } from "../secrets/store.ts";
import { loadDevConfig } from "./config.ts";
import type { Deployment } from "./service_environment.ts";
import { permissionFlags } from "./service_permissions.ts";

const store = { folder: "/d/secrets", path: (name: string) => `/d/secrets/${name}` } as SecretStore;
const ports = { gateway: 1, auth: 2, library: 3, "plugin-host": 4, storage: 5, sync: 6 };
const url = (role: string) => `postgres://${role}@db.example/codex`;
const urls = new Proxy({} as Record<DatabaseRole, string>, { get: (_, role) => url(String(role)) });

function deployment(environment: Record<string, string>): Deployment {
  const config = loadDevConfig({ CODEX_DATA_DIR: "/d", ...environment });
  return { tree: "/tree", config, store, ports, environment: {} };
}

Deno.test("each flag completes the set's list, since it replaces it", () => {
  const sets = { library: { read: ["./assets"], write: [], net: ["covers.example"] } };
  assert.deepEqual(permissionFlags("library", deployment({}), sets, urls), [
    "--allow-net=covers.example,127.0.0.1:3,127.0.0.1:4,db.example:5432",
    "--allow-read=/tree/assets,/d/secrets/library,/d/secrets/public-keys.json",
  ]);
});

Deno.test("what a set allows whole is not narrowed by accident", () => {
  const sets = { auth: { read: [], write: [], net: true } };
  const environment = { CODEX_ENCRYPTION_KEY_FILE: "/run/key" };
  assert.deepEqual(permissionFlags("auth", deployment(environment), sets, urls), [
    "--allow-read=/d/secrets/auth,/d/secrets/public-keys.json,/run/key",
  ]);
});

Deno.test("plugin-host has the data folder without the database and others' secrets", () => {
  const sets = { "plugin-host": { read: true, write: ["/tmp"], net: [] } };
  const flags = permissionFlags("plugin-host", deployment({}), sets, urls);
  const denied = [
    "postgres",
    ...["gateway", "auth", "library", "storage", "sync", "database"]
      .map((name) => `secrets/${name}`),
  ].map((path) => `/d/${path}`).join(",");
  assert.deepEqual(flags.slice(1), [
    "--allow-write=/tmp,/d",
    `--deny-read=${denied}`,
    `--deny-write=${denied},/d/secrets`,
  ]);
});

Deno.test("an address of IPv6 keeps its brackets", () => {
  const flags = permissionFlags("gateway", deployment({ CODEX_HOST: "::1" }), {}, urls);
  assert.match(flags[0]!, /^--allow-net=\[::1\]:1,127\.0\.0\.1:2,/);
});
