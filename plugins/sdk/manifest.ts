/** What a plugin says about itself: the answer to `initialize`. */
import type { JsonValue } from "./json_rpc.ts";

/** The protocol version this SDK speaks. */
export const PROTOCOL_VERSION = "1.0";

export type ContentType = "series" | "book";

/** A secret or value that the host asks for and hands over in `initialize` as `credentials[key]`. */
export interface CredentialField {
  readonly key: string;
  readonly label: string;
  readonly description?: string;
  readonly required: boolean;
  /** True: never shown again once entered. */
  readonly sensitive: boolean;
  readonly type: "text" | "password" | "url";
  readonly placeholder?: string;
}

export interface ConfigField {
  readonly key: string;
  readonly label: string;
  readonly description?: string;
  /** The host knows `string`, `number`, `boolean`, `string-array` and `object`. */
  readonly type: string;
  readonly required?: boolean;
  readonly default?: JsonValue;
  readonly example?: JsonValue;
}

/** Describes settings, so that the host can show a form for them. */
export interface ConfigSchema {
  readonly description?: string;
  readonly fields: readonly ConfigField[];
}

/** How the host lets a user sign in at the provider. The plugin only ever sees `credentials.access_token`. */
export interface OauthDeclaration {
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  readonly scopes?: readonly string[];
  /** Default true; false only for a provider that lacks PKCE. */
  readonly pkce?: boolean;
  readonly userInfoUrl?: string;
  /**
   * The provider's issuer identifier (RFC 8414 section 2): an answer that names another is
   * refused.
   */
  readonly issuer?: string;
  readonly clientId?: string;
}

export interface Capabilities {
  /** Set by `createMetadataPlugin` from the providers it is given. */
  readonly metadataProvider?: readonly ContentType[];
  readonly userReadSync?: boolean;
  /** Whose ids the plugin speaks, for instance `api:anilist`. */
  readonly externalIdSource?: string;
  readonly wantsDetailedProgress?: boolean;
  readonly userRecommendationProvider?: boolean;
  readonly wantsFullMetadata?: boolean;
  readonly webLinks?: {
    readonly searchUrlTemplate: string;
    readonly seriesLinks?: readonly { readonly source: string; readonly urlTemplate: string }[];
  };
}

export interface Manifest {
  /** Lowercase letters, digits and hyphens. */
  readonly name: string;
  readonly displayName: string;
  /** Semantic version. */
  readonly version: string;
  readonly description: string;
  readonly author: string;
  readonly homepage?: string;
  readonly icon?: string;
  readonly protocolVersion: string;
  readonly capabilities: Capabilities;
  readonly requiredCredentials?: readonly CredentialField[];
  /** Settings of the admin, delivered as `adminConfig`. */
  readonly configSchema?: ConfigSchema;
  /** Settings of each user, delivered as `userConfig`. */
  readonly userConfigSchema?: ConfigSchema;
  readonly oauth?: OauthDeclaration;
  readonly userDescription?: string;
  readonly adminSetupInstructions?: string;
  readonly userSetupInstructions?: string;
  /** A search page for people, with `<title>` where the title goes. */
  readonly searchURITemplate?: string;
  /** Metadata fields it asks to write, for instance `metadata:write:summary`; absent: all it can give. */
  readonly permissions?: readonly string[];
  /** Hosts it needs to reach: `host` or `host:port`. The admin grants them. */
  readonly network?: readonly string[];
  /**
   * Calls that the host sends to one process at a time, 1 to 1000; absent: it finds out, from few
   * on.
   */
  readonly maxConcurrentCalls?: number;
}

/** What an author writes; the SDK adds the protocol version and what follows from the handlers. */
export type ManifestInput = Omit<Manifest, "protocolVersion" | "capabilities"> & {
  readonly capabilities?: Capabilities;
};

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const SEMANTIC_VERSION = /^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$/;

/**
 * Completes an author's manifest.
 *
 * @throws {TypeError} when the host would refuse it; found at the author's first start
 */
export function completeManifest(input: ManifestInput, derived: Capabilities): Manifest {
  if (!NAME.test(input.name)) {
    throw new TypeError(
      `Manifest name "${input.name}" must be lowercase letters, digits and hyphens`,
    );
  }
  if (!SEMANTIC_VERSION.test(input.version)) {
    throw new TypeError(`Manifest version "${input.version}" must be a semantic version`);
  }
  const { maxConcurrentCalls: callsMax = 1 } = input;
  if (!Number.isInteger(callsMax) || callsMax < 1 || callsMax > 1000) {
    throw new TypeError(`Manifest "maxConcurrentCalls" ${callsMax} must be an integer, 1 to 1000`);
  }
  if (input.displayName.trim() === "") throw new TypeError('Manifest "displayName" is empty');
  return {
    ...input,
    protocolVersion: PROTOCOL_VERSION,
    capabilities: { ...input.capabilities, ...derived },
  };
}
