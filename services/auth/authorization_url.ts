/** Authorization URLs, written by arctic; the only file that knows it. */
import { CodeChallengeMethod, OAuth2Client } from "arctic";

export interface AuthorizationRequest {
  readonly endpoint: string;
  readonly clientId: string;
  readonly redirectUrl: string;
  readonly scopes: readonly string[];
  readonly state: string;
  /** PKCE code verifier; null for providers that lack PKCE. */
  readonly verifier: string | null;
}

/**
 * Where a browser goes to sign in (RFC 6749 section 4.1.1, RFC 7636 section 4.3 with S256). What the
 * endpoint has of a query stays in front.
 */
export function authorizationUrl(request: AuthorizationRequest): string {
  const { endpoint, state, verifier } = request;
  const scopes = [...request.scopes];
  const client = new OAuth2Client(request.clientId, null, request.redirectUrl);
  const url = verifier === null
    ? client.createAuthorizationURL(endpoint, state, scopes)
    : client.createAuthorizationURLWithPKCE(
      endpoint,
      state,
      CodeChallengeMethod.S256,
      verifier,
      scopes,
    );
  return url.href;
}
