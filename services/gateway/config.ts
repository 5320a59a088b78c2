/** The gateway's variables (README.md of this folder lists them). */
import {
  commonVariables,
  type ConfigSource,
  HttpUrl,
  peerVariables,
  Port,
  type PrivateJwk,
  type PublicJwks,
  readConfig,
} from "@codex/service";
import type { OwnerName } from "./forwarder.ts";
import { settings } from "./settings.ts";

export interface GatewayConfig {
  readonly hostname: string;
  readonly port: number;
  readonly logLevel: string;
  readonly privateKey: PrivateJwk;
  readonly publicKeys: PublicJwks;
  /** Where people reach the server: decides about cookies and about what counts as another site. */
  readonly publicUrl: URL;
  readonly serviceUrls: Readonly<Record<OwnerName, string>>;
  /** Proxies of one's own in front, whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: number;
  /** Open at once, in all. */
  readonly connectionsMax: number;
  /** Open at once, of one address. */
  readonly connectionsPerAddressMax: number;
  /** Streams of events open at once, in all: the other connections are left for everything else. */
  readonly eventStreamsMax: number;
}

const variables = {
  ...commonVariables,
  CODEX_PORT: Port.default(8080),
  CODEX_PUBLIC_URL: HttpUrl.optional(),
  ...settings,
  ...peerVariables(
    "CODEX_AUTH_URL",
    "CODEX_LIBRARY_URL",
    "CODEX_PLUGIN_HOST_URL",
    "CODEX_STORAGE_URL",
    "CODEX_SYNC_URL",
  ),
};

/** @throws ConfigError listing every bad variable */
export function loadConfig(source: ConfigSource): GatewayConfig {
  const env = readConfig(source, variables);
  return Object.freeze({
    hostname: env.CODEX_HOST,
    port: env.CODEX_PORT,
    logLevel: env.CODEX_LOG_LEVEL,
    privateKey: env.CODEX_SERVICE_KEY,
    publicKeys: env.CODEX_SERVICE_PUBLIC_KEYS,
    publicUrl: new URL(env.CODEX_PUBLIC_URL ?? `http://localhost:${env.CODEX_PORT}`),
    serviceUrls: {
      auth: env.CODEX_AUTH_URL,
      library: env.CODEX_LIBRARY_URL,
      "plugin-host": env.CODEX_PLUGIN_HOST_URL,
      storage: env.CODEX_STORAGE_URL,
      sync: env.CODEX_SYNC_URL,
    },
    trustedProxies: Number(env.CODEX_TRUSTED_PROXIES),
    connectionsMax: env.CODEX_CONNECTIONS_MAX,
    eventStreamsMax: Math.floor(env.CODEX_CONNECTIONS_MAX / 2),
    connectionsPerAddressMax: env.CODEX_CONNECTIONS_PER_ADDRESS_MAX,
  });
}
