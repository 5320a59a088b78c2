/** The admin's settings: how much Echo recommends, and how it misbehaves on purpose. */
import { type ConfigSchema, ERROR_CODES, type JsonValue, SettingsReader } from "@codex/plugin-sdk";

export interface Settings {
  /** How many recommendations each series of the library leads to. */
  readonly perSeries: number;
  /** Fails every call with this. */
  readonly failWith: FailureName | null;
  /** Wait before every answer, in milliseconds. */
  readonly delayMs: number;
}

/** By the names that every echo plugin uses. */
const FAILURE_CODES = {
  rate_limited: ERROR_CODES.rateLimited,
  not_found: ERROR_CODES.notFound,
  auth_failed: ERROR_CODES.authFailed,
  external_api: ERROR_CODES.externalApiError,
  configuration: ERROR_CODES.configurationError,
  internal: ERROR_CODES.internalError,
} as const;
export type FailureName = keyof typeof FAILURE_CODES;
const FAILURE_NAMES = Object.keys(FAILURE_CODES) as readonly FailureName[];

const PER_SERIES_MAX = 100;
const DELAY_MS_MAX = 300_000;

export const configSchema: ConfigSchema = {
  description: "For tests of Codex itself; leave empty otherwise.",
  fields: [
    {
      key: "perSeries",
      label: "Recommendations for each series",
      description: `0 to ${PER_SERIES_MAX}`,
      type: "number",
      default: 2,
    },
    {
      key: "failWith",
      label: "Fail with",
      description: `Fails every call: ${FAILURE_NAMES.join(", ")}`,
      type: "string",
      example: "rate_limited",
    },
    { key: "delayMs", label: "Milliseconds before every answer", type: "number", default: 0 },
  ],
};

/** @throws {ConfigurationError} naming every wrong setting */
export function readSettings(config: Readonly<Record<string, JsonValue>>): Settings {
  const reader = new SettingsReader(config);
  const settings = {
    perSeries: reader.integer("perSeries", { fallback: 2, max: PER_SERIES_MAX }),
    failWith: reader.choice("failWith", FAILURE_NAMES, null),
    delayMs: reader.integer("delayMs", { fallback: 0, max: DELAY_MS_MAX }),
  };
  reader.done();
  return settings;
}

export function failureCode(name: FailureName): number {
  return FAILURE_CODES[name];
}
