/** What a process is told at its start, and nothing else (protocol.md "Lifecycle", "What a plugin may learn"). */
import {
  type ConnectionSecrets,
  type InitializeParams,
  type JsonObject,
  RESERVED_CONFIG_KEY,
} from "@codex/protocol";
import { type PluginSpec, SECRET_VARIABLE_PREFIX } from "../registry/runtime.ts";

export interface Secrets {
  /** Of the plugin, as the vault keeps them: names that begin with `env:` are variables. */
  readonly plugin: Readonly<Record<string, string>>;
  /** Of the connection; undefined for a system plugin. */
  readonly connection: ConnectionSecrets | undefined;
}

export interface Initialization {
  readonly params: Omit<InitializeParams, "dataDir">;
  /** As configured; refused names are dropped by the launcher. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A name that can be an environment variable. */
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * @param isDeno a Deno plugin can't read its environment, so its credentials always come with `initialize`
 */
export function initializationOf(
  spec: PluginSpec,
  secrets: Secrets,
  isDeno: boolean,
): Initialization {
  const connection = secrets.connection?.connection;
  const adminConfig = withoutReserved(spec.adminConfig);
  const userConfig = withoutReserved(connection?.config ?? {});
  const credentials = {
    ...entriesWhere(secrets.plugin, (name) => !name.startsWith(SECRET_VARIABLE_PREFIX)),
    ...secrets.connection?.credentials,
  };
  const byMessage = isDeno || spec.credentialDelivery !== "env";
  const byEnvironment = spec.credentialDelivery !== "init_message";
  return {
    params: {
      adminConfig,
      userConfig,
      config: { ...userConfig, ...adminConfig },
      credentials: byMessage ? credentials : {},
      ...(connection && { userId: connection.userId, userPluginId: connection.id }),
      logLevel: spec.logLevel,
      requestTimeoutSeconds: Math.round(spec.requestTimeoutMs / 1000),
    },
    environment: {
      ...spec.environment,
      ...secretVariables(secrets.plugin),
      ...(byEnvironment && entriesWhere(credentials, (name) => VARIABLE_NAME.test(name))),
    },
  };
}

/**
 * What a process is started with and nothing that it writes may tell people: every secret, and whose
 * connection it serves, since logs and failures are kept for longer than a connection.
 */
export function privateValues({ plugin, connection }: Secrets): string[] {
  const secrets = [...Object.values(plugin), ...Object.values(connection?.credentials ?? {})];
  if (connection === undefined) return secrets;
  const { id, userId } = connection.connection;
  return [...secrets, id, userId];
}

function secretVariables(secrets: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(secrets).filter(([name]) =>
    name.startsWith(SECRET_VARIABLE_PREFIX)
  );
  return Object.fromEntries(
    entries.map(([name, value]) => [name.slice(SECRET_VARIABLE_PREFIX.length), value]),
  );
}

function entriesWhere(
  record: Readonly<Record<string, string>>,
  keep: (name: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => keep(name)));
}

/** `_codex` is the server's own part of a configuration. */
function withoutReserved(config: JsonObject): JsonObject {
  const { [RESERVED_CONFIG_KEY]: _, ...rest } = config;
  return rest;
}
