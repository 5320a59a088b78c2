/** What the supervisor is told by its environment; every bad variable is named in one line. */
import { resolve } from "node:path";
import { z } from "zod";
import {
  ConfigError,
  type ConfigSource,
  DatabaseUrl,
  HttpUrl,
  LogLevelName,
  Port,
  readConfig,
} from "@codex/service/config";
import type { ServiceName } from "@codex/protocol";
import { Failure } from "../failure.ts";
import { type DatabaseRole, databaseRoles, urlVariable } from "../migrate/services.ts";
import { findPlainSecret } from "./plain_secrets.ts";
import { portVariable, serviceNames, settingNames } from "./services.ts";

/** Where the data is: a server of our own when nothing is set. */
export interface DatabaseSettings {
  readonly url: string | undefined;
  readonly adminUrl: string | undefined;
  readonly roleUrls: Readonly<Partial<Record<DatabaseRole, string>>>;
}

export interface DevConfig {
  /** Where the gateway listens; the other services stay on 127.0.0.1. */
  readonly host: string;
  /** 0, or absent for a service other than gateway: any free port. */
  readonly ports: Readonly<Partial<Record<ServiceName, number>>>;
  readonly publicUrl: string | undefined;
  /** Absolute. */
  readonly dataDir: string;
  readonly logLevel: string;
  readonly setupCode: string | undefined;
  /** Absolute paths of what auth reads itself. */
  readonly encryptionKeyFile: string | undefined;
  readonly encryptionPreviousKeysFile: string | undefined;
  readonly database: DatabaseSettings;
  /** Settings that are passed on, where set. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * @param environment the supervisor's own
 * @throws {Failure} naming every bad variable, or the first secret in plain form
 */
export function loadDevConfig(environment: Readonly<Record<string, string>>): DevConfig {
  const secret = findPlainSecret(environment);
  if (secret !== undefined) throw new Failure(secret);

  const source: ConfigSource = {
    get: (name) => environment[name],
    readTextFile: (path) => Deno.readTextFileSync(path),
  };
  const optional = <Value extends z.ZodType>(names: readonly string[], schema: Value) =>
    Object.fromEntries(names.map((name) => [name, schema.optional()] as const));
  try {
    const values = readConfig(source, {
      CODEX_HOST: z.string().default("127.0.0.1"),
      CODEX_PORT: Port.default(8080),
      CODEX_PUBLIC_URL: HttpUrl.optional(),
      CODEX_DATA_DIR: z.string().default(".codex"),
      CODEX_SETUP_CODE: z.string().min(8, "Must have 8 characters or more").optional(),
      CODEX_LOG_LEVEL: LogLevelName.default("info"),
      DATABASE_URL: DatabaseUrl.optional(),
      CODEX_DATABASE_ADMIN_URL: DatabaseUrl.optional(),
    });
    const rolePorts = readConfig(source, optional(serviceNames.map(portVariable), Port));
    const roleUrls = readConfig(source, optional(databaseRoles.map(urlVariable), DatabaseUrl));
    const settings = readConfig(source, optional(settingNames, z.string()));
    return {
      host: values.CODEX_HOST,
      ports: {
        ...pick(serviceNames, (service) => rolePorts[portVariable(service)]),
        gateway: values.CODEX_PORT,
      },
      publicUrl: values.CODEX_PUBLIC_URL,
      dataDir: resolve(values.CODEX_DATA_DIR),
      logLevel: values.CODEX_LOG_LEVEL,
      setupCode: values.CODEX_SETUP_CODE,
      encryptionKeyFile: pathIn(environment, "CODEX_ENCRYPTION_KEY_FILE"),
      encryptionPreviousKeysFile: pathIn(environment, "CODEX_ENCRYPTION_PREVIOUS_KEYS_FILE"),
      database: {
        url: values.DATABASE_URL,
        adminUrl: values.CODEX_DATABASE_ADMIN_URL,
        roleUrls: pick(databaseRoles, (role) => roleUrls[urlVariable(role)]),
      },
      settings: pick(settingNames, (name) => settings[name]),
    };
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(error.problems.join("; "));
    throw error;
  }
}

/** The entries that have a value. */
function pick<Key extends string, Value>(
  keys: readonly Key[],
  valueOf: (key: Key) => Value | undefined,
): Record<Key, Value> {
  const entries = keys.map((key) => [key, valueOf(key)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<
    Key,
    Value
  >;
}

function pathIn(
  environment: Readonly<Record<string, string>>,
  name: string,
): string | undefined {
  const path = environment[name];
  return path === undefined || path === "" ? undefined : resolve(path);
}
