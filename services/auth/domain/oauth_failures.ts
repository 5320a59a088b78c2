/** What a provider's refusal means for the person who wanted to sign in. */
import type { OauthFailure } from "@codex/protocol";

/** Where the provider said it: in the redirect (RFC 6749 section 4.1.2.1) or its token endpoint (5.2). */
export type ErrorPlace = "redirect" | "token";

const BY_CODE = new Map<string, OauthFailure>(Object.entries({
  access_denied: "denied",
  // OpenID Connect Core section 3.1.2.6: the user left without an answer.
  consent_required: "denied",
  interaction_required: "denied",
  login_required: "denied",
  invalid_client: "client_refused",
  unauthorized_client: "client_refused",
  redirect_uri_mismatch: "redirect_mismatch",
  slow_down: "too_many_attempts",
  too_many_requests: "too_many_attempts",
  server_error: "unreachable",
  temporarily_unavailable: "unreachable",
}));

/** Codes that providers also use for a redirect URL that is not the registered one. */
const MAY_MEAN_REDIRECT: ReadonlySet<string> = new Set(["invalid_grant", "invalid_request"]);

/** Whether a code means something here: such a word is no secret. */
export function isKnownError(code: string): boolean {
  return MAY_MEAN_REDIRECT.has(code) || BY_CODE.has(code);
}

export function failureOfError(
  place: ErrorPlace,
  code: string,
  description: string,
): OauthFailure {
  if (MAY_MEAN_REDIRECT.has(code) && /redirect[ _-]?ur[il]/i.test(description)) {
    return "redirect_mismatch";
  }
  if (place === "token" && code === "invalid_grant") return "code_refused";
  return BY_CODE.get(code) ?? "provider_refused";
}
