/**
 * The one table of what each service is given: whom it calls, which roles it connects as, which
 * variables it reads. What isn't here it doesn't get (architecture.md: "Services and what each owns").
 */
import type { z } from "zod";
import type { ServiceName } from "@codex/protocol";
import { AllowedHostList } from "@codex/service/allowed-hosts";
import { settings as gatewaySettings } from "../../services/gateway/settings.ts";
import { settings as pluginHostSettings } from "../../services/plugin-host/settings.ts";
import type { DatabaseRole } from "../migrate/services.ts";

export interface ServiceDefinition {
  /** Whose base URLs it gets; its network permission ends there. */
  readonly peers: readonly ServiceName[];
  readonly roles: readonly DatabaseRole[];
  /** Passed on from the supervisor's environment where set there; with the schemas of their text. */
  readonly settings: Readonly<Record<string, z.ZodType>>;
  readonly needsPublicUrl?: true;
  readonly needsDataDir?: true;
  /** Gets the encryption keys and the setup code: auth alone. */
  readonly needsVaultKeys?: true;
}

export const services: Readonly<Record<ServiceName, ServiceDefinition>> = {
  gateway: {
    peers: ["auth", "library", "plugin-host", "storage", "sync"],
    roles: [],
    settings: gatewaySettings,
    needsPublicUrl: true,
  },
  auth: {
    peers: ["plugin-host", "library", "storage", "sync"],
    roles: ["codex_auth"],
    settings: { CODEX_ALLOWED_PRIVATE_HOSTS: AllowedHostList },
    needsPublicUrl: true,
    needsVaultKeys: true,
  },
  library: {
    peers: ["plugin-host"],
    roles: ["codex_library"],
    settings: {},
  },
  "plugin-host": {
    peers: ["auth", "storage"],
    roles: ["codex_plugin_host"],
    settings: pluginHostSettings,
    needsPublicUrl: true,
    needsDataDir: true,
  },
  storage: {
    peers: [],
    roles: ["codex_storage", "codex_storage_maintenance"],
    settings: {},
  },
  sync: {
    peers: ["auth", "library", "plugin-host"],
    roles: ["codex_sync"],
    settings: {},
  },
};

export const serviceNames = Object.keys(services) as readonly ServiceName[];

/**
 * In which order services stop: callers before those they call, so that a request under way at the
 * gateway still finds its way through. What auth calls, it calls again after a restart.
 */
export const stopOrder: readonly (readonly ServiceName[])[] = [
  ["gateway"],
  ["sync", "library"],
  ["plugin-host"],
  ["auth", "storage"],
];

/** Every setting that some service gets. */
export const settingSchemas: Readonly<Record<string, z.ZodType>> = Object.assign(
  {},
  ...serviceNames.map((name) => services[name].settings),
);

/** `plugin-host` → `PLUGIN_HOST`, as in `CODEX_PLUGIN_HOST_URL`. */
function infix(service: ServiceName): string {
  return service.toUpperCase().replaceAll("-", "_");
}

/** The gateway's is the platform's own. */
export function portVariable(service: ServiceName): string {
  return service === "gateway" ? "CODEX_PORT" : `CODEX_${infix(service)}_PORT`;
}

export function peerUrlVariable(service: ServiceName): string {
  return `CODEX_${infix(service)}_URL`;
}
