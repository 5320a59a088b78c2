/** What a service finds in its environment: nothing but what is named here. */
import type { ServiceName } from "@codex/protocol";
import { urlVariable } from "../migrate/services.ts";
import { PUBLIC_KEYS, serviceKeyName } from "../secrets/service_keys.ts";
import type { SecretStore } from "../secrets/store.ts";
import type { DevConfig } from "./config.ts";
import { databaseUrlName, ENCRYPTION_KEY, SETUP_CODE } from "./secret_files.ts";
import { peerUrlVariable, portVariable, services } from "./services.ts";

/** What all services' command lines are made from. */
export interface Deployment {
  /** The working tree with `services/<name>/main.ts` and, in deno.json, the permission sets. */
  readonly tree: string;
  readonly config: DevConfig;
  readonly store: SecretStore;
  readonly ports: Readonly<Record<ServiceName, number>>;
  /** The supervisor's own, of which a few harmless names are kept. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Where Deno finds what it has compiled and downloaded. */
const kept = ["HOME", "DENO_DIR", "XDG_CACHE_HOME"];

/** Secrets come as paths only; a child of the same user could read them otherwise. */
export function serviceEnvironment(
  service: ServiceName,
  deployment: Deployment,
): Record<string, string> {
  const { config, store, ports } = deployment;
  const definition = services[service];
  const env: Record<string, string> = {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LANG: "C.UTF-8",
    NO_COLOR: "1",
    // Of glibc: an arena for each of Deno's threads keeps 1 to 3 MB more (mallopt(3)).
    MALLOC_ARENA_MAX: "2",
    CODEX_HOST: listenHost(service, config),
    [portVariable(service)]: String(ports[service]),
    CODEX_SERVICE_KEY_FILE: store.path(serviceKeyName(service)),
    CODEX_SERVICE_PUBLIC_KEYS_FILE: store.path(PUBLIC_KEYS),
    CODEX_LOG_LEVEL: config.logLevel,
  };
  const keep = (names: readonly string[], from: Readonly<Record<string, string>>) => {
    for (const name of names) {
      if (from[name] !== undefined) env[name] = from[name];
    }
  };
  keep(kept, deployment.environment);
  keep(Object.keys(definition.settings), config.settings);
  for (const peer of definition.peers) env[peerUrlVariable(peer)] = serviceUrl(peer, deployment);
  for (const role of definition.roles) {
    env[`${urlVariable(role)}_FILE`] = store.path(databaseUrlName(service, role));
  }
  if (definition.needsPublicUrl) env["CODEX_PUBLIC_URL"] = publicUrl(deployment);
  if (definition.needsDataDir) env["CODEX_DATA_DIR"] = config.dataDir;
  if (definition.needsVaultKeys) {
    env["CODEX_ENCRYPTION_KEY_FILE"] = config.encryptionKeyFile ?? store.path(ENCRYPTION_KEY);
    env["CODEX_SETUP_CODE_FILE"] = store.path(SETUP_CODE);
    const previous = config.encryptionPreviousKeysFile;
    if (previous !== undefined) env["CODEX_ENCRYPTION_PREVIOUS_KEYS_FILE"] = previous;
  }
  return env;
}

/** Only the gateway is reached from outside. */
export function listenHost(service: ServiceName, config: DevConfig): string {
  return service === "gateway" ? config.host : "127.0.0.1";
}

/** Where a service is called from this machine. */
export function serviceUrl(service: ServiceName, deployment: Deployment): string {
  const host = listenHost(service, deployment.config);
  const any = host === "0.0.0.0" || host === "::";
  return `http://${authority(any ? "127.0.0.1" : host, deployment.ports[service])}`;
}

/** The origin that people's browsers see. */
export function publicUrl(deployment: Deployment): string {
  return deployment.config.publicUrl ?? serviceUrl("gateway", deployment);
}

/** `host:port`, with the brackets of an IPv6 address. */
export function authority(host: string, port: number | string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]:${port}` : `${host}:${port}`;
}
