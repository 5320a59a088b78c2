/** The admin's settings: all of them only make the plugin slow, short of results, or failing on purpose. */
import {
  AuthFailedError,
  type ConfigSchema,
  ConfigurationError,
  ExternalApiError,
  InternalError,
  type JsonValue,
  NotFoundError,
  type PluginError,
  RateLimitedError,
  SettingsReader,
} from "@codex/plugin-sdk";

export interface Settings {
  /** Wait before every answer, in milliseconds. */
  readonly delayMs: number;
  /** How many results a search has in all. */
  readonly resultCount: number;
  /** Fails every call with this. */
  readonly failWith: FailureName | null;
}

/** What each failure throws: the errors that a real source would have. */
const FAILURES = {
  rate_limited: () => new RateLimitedError(30, "Echo was told to be busy"),
  not_found: () => new NotFoundError("Echo was told to find nothing"),
  auth_failed: () => new AuthFailedError("Echo was told to refuse"),
  external_api: () => new ExternalApiError("Echo was told to be down", { status: 503 }),
  configuration: () => new ConfigurationError("Echo was told to be misconfigured"),
  internal: () => new InternalError("Echo was told to break"),
} satisfies Record<string, () => PluginError>;

export type FailureName = keyof typeof FAILURES;
const FAILURE_NAMES = Object.keys(FAILURES) as readonly FailureName[];

const DELAY_MS_MAX = 300_000;
const RESULT_COUNT_MAX = 1_000;
const RESULT_COUNT_DEFAULT = 3;

export const configSchema: ConfigSchema = {
  description: "For tests of Codex itself; leave empty otherwise.",
  fields: [
    {
      key: "resultCount",
      label: "Results per search",
      description: `How many results a search has in all, 0 to ${RESULT_COUNT_MAX}`,
      type: "number",
      default: RESULT_COUNT_DEFAULT,
    },
    {
      key: "delayMs",
      label: "Delay",
      description: `Milliseconds before every answer, 0 to ${DELAY_MS_MAX}`,
      type: "number",
      default: 0,
    },
    {
      key: "failWith",
      label: "Fail with",
      description: `Fails every call: ${FAILURE_NAMES.join(", ")}`,
      type: "string",
      example: "rate_limited",
    },
  ],
};

/** @throws {ConfigurationError} naming every wrong setting */
export function readSettings(config: Readonly<Record<string, JsonValue>>): Settings {
  const reader = new SettingsReader(config);
  const settings: Settings = {
    delayMs: reader.integer("delayMs", { fallback: 0, max: DELAY_MS_MAX }),
    resultCount: reader.integer("resultCount", {
      fallback: RESULT_COUNT_DEFAULT,
      max: RESULT_COUNT_MAX,
    }),
    failWith: reader.choice("failWith", FAILURE_NAMES, null),
  };
  reader.done();
  return settings;
}

export function failure(name: FailureName): PluginError {
  return FAILURES[name]();
}
