/** The manifest a plugin answers `initialize` with (protocol.md: "Manifest"). */
import { z } from "zod";
import { arrayOf, Json, listOf } from "./json.ts";

/** The protocol's major version that this host speaks. */
export const PROTOCOL_MAJOR = 1;

export const PluginName = z.string().min(1).max(64).regex(
  /^[a-z0-9]+(-[a-z0-9]+)*$/,
  "Must be lowercase letters, digits and hyphens",
);
export type PluginName = z.infer<typeof PluginName>;

export const ContentType = z.enum(["series", "book"]);
export type ContentType = z.infer<typeof ContentType>;

/** Older plugins name the kind of a credential `credentialType` and use other words for it. */
const OLDER_CREDENTIAL_TYPES: Readonly<Record<string, string>> = {
  string: "text",
  oauth: "password",
};

export const CredentialField = z.preprocess(
  (raw) => {
    if (typeof raw !== "object" || raw === null || "type" in raw) return raw;
    const older = "credentialType" in raw ? String(raw.credentialType) : "text";
    return { ...raw, type: OLDER_CREDENTIAL_TYPES[older] ?? older };
  },
  z.object({
    key: z.string().min(1).max(128),
    label: z.string(),
    description: z.string().optional(),
    required: z.boolean().default(false),
    sensitive: z.boolean().default(true),
    type: z.enum(["text", "password", "url"]).default("text"),
    placeholder: z.string().optional(),
  }),
);
export type CredentialField = z.infer<typeof CredentialField>;

export const ConfigField = z.object({
  key: z.string().min(1).max(128),
  label: z.string(),
  description: z.string().optional(),
  /** Free-form: string, number, boolean, string-array, object, or a word this host doesn't know. */
  type: z.string(),
  required: z.boolean().default(false),
  default: Json.optional(),
  example: Json.optional(),
});
export type ConfigField = z.infer<typeof ConfigField>;

export const ConfigSchema = z.object({
  description: z.string().optional(),
  fields: listOf(ConfigField),
});
export type ConfigSchema = z.infer<typeof ConfigSchema>;

/** Whether http will do, is for whoever goes there to decide. */
const HttpEndpoint = z.url({ protocol: /^https?$/, error: "Must be an https URL" });

export const OauthDeclaration = z.object({
  authorizationUrl: HttpEndpoint,
  tokenUrl: HttpEndpoint,
  scopes: listOf(z.string()),
  /** False only for providers that lack PKCE. */
  pkce: z.boolean().default(true),
  userInfoUrl: HttpEndpoint.optional(),
  clientId: z.string().optional(),
  /** The provider's issuer identifier (RFC 8414 section 2), compared as it stands. */
  issuer: z.string().min(1).max(2000).optional(),
});
export type OauthDeclaration = z.infer<typeof OauthDeclaration>;

export const ReleaseSource = z.object({
  kinds: listOf(z.string()),
  requiresAliases: z.boolean().default(false),
  requiresExternalIds: listOf(z.string()),
  canAnnounceChapters: z.boolean().default(false),
  canAnnounceVolumes: z.boolean().default(false),
});

export const WebLinks = z.object({
  searchUrlTemplate: z.string(),
  seriesLinks: listOf(z.object({ source: z.string(), urlTemplate: z.string() })),
});

export const Capabilities = z.object({
  metadataProvider: listOf(ContentType),
  userReadSync: z.boolean().default(false),
  externalIdSource: z.string().optional(),
  wantsDetailedProgress: z.boolean().default(false),
  userRecommendationProvider: z.boolean().default(false),
  wantsFullMetadata: z.boolean().default(false),
  webLinks: WebLinks.optional(),
  releaseSource: ReleaseSource.optional(),
});
export type Capabilities = z.infer<typeof Capabilities>;

export const Manifest = z.object({
  name: PluginName,
  displayName: z.string().min(1).max(200),
  version: z.string().regex(/^\d+\.\d+\.\d+([-+].+)?$/, "Must be a semantic version"),
  description: z.string().default(""),
  author: z.string().default(""),
  homepage: z.string().optional(),
  icon: z.string().optional(),
  protocolVersion: z.string().regex(/^\d+(\.\d+)*$/, 'Must look like "1.0"'),
  capabilities: Capabilities.prefault({}),
  requiredCredentials: listOf(CredentialField),
  configSchema: ConfigSchema.optional(),
  userConfigSchema: ConfigSchema.optional(),
  oauth: OauthDeclaration.optional(),
  userDescription: z.string().optional(),
  adminSetupInstructions: z.string().optional(),
  userSetupInstructions: z.string().optional(),
  searchURITemplate: z.string().optional(),
  /** Addition of this project: the metadata fields it asks to write. */
  permissions: arrayOf(z.string()).optional(),
  /** Addition of this project: the hosts it needs to reach, `host` or `host:port`, or `*`. */
  network: arrayOf(z.string()).optional(),
  /**
   * Addition of this project: calls that one process takes at a time; without it the host finds
   * out.
   */
  maxConcurrentCalls: z.int().min(1).max(1000).optional(),
});
export type Manifest = z.infer<typeof Manifest>;

export const PluginType = z.enum(["system", "user"]);
export type PluginType = z.infer<typeof PluginType>;

/** A plugin with userReadSync or userRecommendationProvider is a user plugin, any other a system plugin. */
export function pluginTypeOf(capabilities: Capabilities): PluginType {
  return capabilities.userReadSync || capabilities.userRecommendationProvider ? "user" : "system";
}

/** Whether each user must sign in somewhere or enter credentials before the plugin works for them. */
export function requiresUserAuth(manifest: Manifest): boolean {
  return manifest.oauth !== undefined ||
    manifest.requiredCredentials.some((field) => field.required);
}

/** `codex-plugin.json` in a plugin's folder (protocol.md: "Installed plugins"). */
export const PluginFile = z.object({
  name: PluginName,
  displayName: z.string().min(1).max(200).optional(),
  description: z.string().optional(),
  version: z.string().optional(),
  command: z.string().min(1).optional(),
  args: arrayOf(z.string()).optional(),
  /** A Deno module, relative to the folder. */
  entry: z.string().min(1).optional(),
  permissions: arrayOf(z.string()).optional(),
  network: arrayOf(z.string()).optional(),
}).superRefine(({ command, entry }, context) => {
  if ((command === undefined) !== (entry === undefined)) return;
  const message = command === undefined
    ? 'Doesn\'t say what to run: add "entry" (a Deno module in this folder) or "command" (an allowed program)'
    : 'Says two things to run: keep "entry" for a Deno module, or "command" for another program, and remove the other';
  context.addIssue({ code: "custom", message });
});
export type PluginFile = z.infer<typeof PluginFile>;
