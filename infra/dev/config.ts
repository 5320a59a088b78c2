/** What the supervisor is told by its environment; every bad variable is named in one line. */
import { resolve } from "node:path";
import { z } from "zod";
import { HttpUrl, LogLevelName, Port } from "@codex/service/config";
import type { ServiceName } from "@codex/protocol";
import {
  type DatabaseSettings,
  databaseVariables,
  toDatabaseSettings,
} from "../database/settings.ts";
import { Failure } from "../failure.ts";
import { type Environment, readVariables } from "../variables.ts";
import { findPlainSecret } from "./plain_secrets.ts";
import { portVariable, serviceNames, settingSchemas } from "./services.ts";

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

const portShape = optional(serviceNames.map(portVariable), Port);
/** Each is checked by its service's own schema, and passed on as it is. */
const checkedShape = Object.fromEntries(
  Object.entries(settingSchemas).map(([name, schema]) => [name, schema.optional()]),
);
const settingNames = Object.keys(settingSchemas);
const settingShape = optional(settingNames, z.string());
const ownShape = {
  CODEX_HOST: z.string().default("127.0.0.1"),
  CODEX_PORT: Port.default(8080),
  CODEX_PUBLIC_URL: HttpUrl.optional(),
  CODEX_DATA_DIR: z.string().default(".codex"),
  CODEX_SETUP_CODE: z.string().min(8, "Must have 8 characters or more").optional(),
  CODEX_LOG_LEVEL: LogLevelName.default("info"),
};

/**
 * @param environment the supervisor's own
 * @throws {Failure} naming every bad variable, or the first secret in plain form
 */
export function loadDevConfig(environment: Environment): DevConfig {
  const secret = findPlainSecret(environment);
  if (secret !== undefined) throw new Failure(secret);
  // All at once first: the error is to name every bad variable.
  readVariables(environment, { ...portShape, ...checkedShape, ...databaseVariables, ...ownShape });

  const values = readVariables(environment, ownShape);
  const ports = readVariables(environment, portShape);
  const settings = readVariables(environment, settingShape);
  const database = readVariables(environment, databaseVariables);
  return {
    host: values.CODEX_HOST,
    ports: {
      ...pick(serviceNames, (service) => ports[portVariable(service)]),
      gateway: values.CODEX_PORT,
    },
    publicUrl: values.CODEX_PUBLIC_URL,
    dataDir: resolve(values.CODEX_DATA_DIR),
    logLevel: values.CODEX_LOG_LEVEL,
    setupCode: values.CODEX_SETUP_CODE,
    encryptionKeyFile: pathIn(environment, "CODEX_ENCRYPTION_KEY_FILE"),
    encryptionPreviousKeysFile: pathIn(environment, "CODEX_ENCRYPTION_PREVIOUS_KEYS_FILE"),
    database: toDatabaseSettings(database),
    settings: pick(settingNames, (name) => settings[name]),
  };
}

function optional<Schema extends z.ZodType>(
  names: readonly string[],
  schema: Schema,
): Record<string, z.ZodOptional<Schema>> {
  return Object.fromEntries(names.map((name) => [name, schema.optional()]));
}

/** The entries that have a value. */
function pick<Key extends string, Value>(
  keys: readonly Key[],
  valueOf: (key: Key) => Value | undefined,
): Record<Key, Value> {
  const entries = keys.map((key) => [key, valueOf(key)] as const);
  const present = entries.filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Record<Key, Value>;
}

function pathIn(environment: Environment, name: string): string | undefined {
  const path = environment[name];
  return path === undefined || path === "" ? undefined : resolve(path);
}
