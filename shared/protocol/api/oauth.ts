/** Signing in at a provider, and pasted credentials (http-api.md: "Plugins", `oauth` and `credentials`). */
import { z } from "zod";
import { recordOf } from "../json.ts";

/** What the administrator registered at the provider. */
export const OauthClientChange = z.object({
  clientId: z.string().trim().min(1).max(1000),
  /** What is stored stays without one; null or empty removes it. */
  clientSecret: z.string().max(4000).nullable().optional(),
  /**
   * Whether users come back to this plugin's own redirect URL; what was chosen stays without it.
   */
  useOwnRedirectUrl: z.boolean().optional(),
});
export type OauthClientChange = z.infer<typeof OauthClientChange>;

/** The secret never comes back. */
export const OauthClient = z.object({
  /** Null while there is none: users can't sign in then. */
  clientId: z.string().nullable(),
  hasClientSecret: z.boolean(),
  /** To be registered at the provider, exactly so: one of the two below. */
  redirectUrl: z.string(),
  /** Of every plugin, for registrations that were made before there were others. */
  commonRedirectUrl: z.string(),
  /** Of this plugin alone: no other provider's answer can come in through it. */
  ownRedirectUrl: z.string(),
  usesOwnRedirectUrl: z.boolean(),
  authorizationUrl: z.string(),
  tokenUrl: z.string(),
  pkce: z.boolean(),
});
export type OauthClient = z.infer<typeof OauthClient>;

export const OauthStartAnswer = z.object({
  /** Where the browser goes next. */
  redirectUrl: z.string(),
});

/** What a provider sends a browser back with (RFC 6749 sections 4.1.2 and 4.1.2.1). */
export const OauthCallbackQuery = z.object({
  state: z.string().min(1).max(512).optional(),
  code: z.string().min(1).max(8192).optional(),
  /** A provider's words may be of any length: a long one must not keep the state from being used up. */
  error: z.string().min(1).transform((text) => text.slice(0, 200)).optional(),
  error_description: z.string().transform((text) => text.slice(0, 4000)).optional(),
  /** Who answers, where the provider says so (RFC 9207). */
  iss: z.string().max(2000).optional(),
});
export type OauthCallbackQuery = z.infer<typeof OauthCallbackQuery>;

const CredentialText = z.string().max(32_768);

/** A personal access token, or what the plugin's `requiredCredentials` declare. */
export const CredentialsRequest = z.union([
  z.strictObject({ accessToken: CredentialText }),
  z.strictObject({ credentials: recordOf(z.string().min(1).max(128), CredentialText, 100) }),
], { error: 'Must be {"accessToken": "…"} or {"credentials": {"…": "…"}}' });
export type CredentialsRequest = z.infer<typeof CredentialsRequest>;
