/** The admin's settings: what the pretended service holds, and how it misbehaves on purpose. */
import {
  type ConfigSchema,
  ERROR_CODES,
  type JsonValue,
  type OauthDeclaration,
  SettingsReader,
} from "@codex/plugin-sdk";

const AUTH_KINDS = ["none", "token", "oauth"] as const;

export interface Settings {
  /** What a reader needs before calls are answered; decides what the manifest asks for. */
  readonly auth: typeof AUTH_KINDS[number];
  /** With `auth` oauth. */
  readonly oauth: OauthDeclaration | null;
  readonly wantsDetailedProgress: boolean;
  readonly wantsFullMetadata: boolean;
  /** How many series the account has. */
  readonly entryCount: number;
  /** Titles of the first of them; the others are "Echo series 2" and so on. */
  readonly titles: readonly string[];
  readonly pageSize: number;
  /** Ids of entries whose push fails. */
  readonly failIds: ReadonlySet<string>;
  /** Of the entries of a push every nth fails; 0: none. */
  readonly failEvery: number;
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

const ENTRY_COUNT_MAX = 100_000;
const DELAY_MS_MAX = 300_000;

export const configSchema: ConfigSchema = {
  description: "For tests of Codex itself; leave empty otherwise.",
  fields: [
    {
      key: "auth",
      label: "Authentication",
      description: "none, token (a pasted one) or oauth",
      type: "string",
      default: "none",
    },
    { key: "authorizationUrl", label: "Authorization URL (oauth)", type: "string" },
    { key: "tokenUrl", label: "Token URL (oauth)", type: "string" },
    { key: "userInfoUrl", label: "User info URL (oauth)", type: "string" },
    { key: "scopes", label: "Scopes (oauth)", type: "string-array", default: [] },
    { key: "pkce", label: "PKCE (oauth)", type: "boolean", default: true },
    { key: "entryCount", label: "Series of the account", type: "number", default: 3 },
    { key: "titles", label: "Titles of the first series", type: "string-array", default: [] },
    { key: "pageSize", label: "Entries per page", type: "number", default: 50 },
    { key: "failIds", label: "Ids whose push fails", type: "string-array", default: [] },
    { key: "failEvery", label: "Every nth entry fails", type: "number", default: 0 },
    {
      key: "failWith",
      label: "Fail with",
      description: `Fails every call: ${FAILURE_NAMES.join(", ")}`,
      type: "string",
      example: "rate_limited",
    },
    { key: "delayMs", label: "Milliseconds before every answer", type: "number", default: 0 },
    { key: "wantsDetailedProgress", label: "Wants each book", type: "boolean", default: false },
    { key: "wantsFullMetadata", label: "Wants full metadata", type: "boolean", default: false },
  ],
};

export const userConfigSchema: ConfigSchema = {
  fields: [{
    key: "username",
    label: "Name of the account",
    type: "string",
    default: "echo-reader",
  }],
};

/** @throws {ConfigurationError} naming every wrong setting */
export function readSettings(config: Readonly<Record<string, JsonValue>>): Settings {
  const reader = new SettingsReader(config);
  const auth = reader.choice("auth", AUTH_KINDS, "none");
  const settings = {
    auth,
    oauth: auth === "oauth" ? readOauth(reader) : null,
    wantsDetailedProgress: reader.flag("wantsDetailedProgress", false),
    wantsFullMetadata: reader.flag("wantsFullMetadata", false),
    entryCount: reader.integer("entryCount", { fallback: 3, max: ENTRY_COUNT_MAX }),
    titles: reader.texts("titles"),
    pageSize: reader.integer("pageSize", { fallback: 50, min: 1, max: 1_000 }),
    failIds: new Set(reader.texts("failIds")),
    failEvery: reader.integer("failEvery", { fallback: 0, max: ENTRY_COUNT_MAX }),
    failWith: reader.choice("failWith", FAILURE_NAMES, null),
    delayMs: reader.integer("delayMs", { fallback: 0, max: DELAY_MS_MAX }),
  };
  reader.done();
  return settings;
}

export function failureCode(name: FailureName): number {
  return FAILURE_CODES[name];
}

/** @throws {ConfigurationError} naming every wrong setting */
export function readUsername(config: Readonly<Record<string, JsonValue>>): string {
  const reader = new SettingsReader(config);
  const username = reader.text("username", "echo-reader");
  reader.done();
  return username;
}

function readOauth(reader: SettingsReader): OauthDeclaration {
  const authorizationUrl = reader.url("authorizationUrl", null);
  const tokenUrl = reader.url("tokenUrl", null);
  const userInfoUrl = reader.url("userInfoUrl", null);
  if (authorizationUrl === null) reader.refuse('"authorizationUrl" is needed with auth oauth');
  if (tokenUrl === null) reader.refuse('"tokenUrl" is needed with auth oauth');
  return {
    authorizationUrl: authorizationUrl ?? "",
    tokenUrl: tokenUrl ?? "",
    scopes: reader.texts("scopes"),
    pkce: reader.flag("pkce", true),
    ...(userInfoUrl !== null && { userInfoUrl }),
  };
}
