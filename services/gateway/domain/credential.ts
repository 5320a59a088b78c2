/** The token of a request, and where it came from. */

/** No token of auth is longer; what is longer is nobody's and never asked about. */
const TOKEN_CHARACTERS_MAX = 512;

export type Credential =
  | { readonly kind: "none" }
  /** Sent on purpose by a program: exempt from the CSRF check. */
  | { readonly kind: "bearer"; readonly token: string }
  /** Added by a browser to whatever any site makes it send. */
  | { readonly kind: "cookie"; readonly token: string };

/**
 * Picks the credential: a bearer token wins over a cookie, even when it turns out to be bad. Other
 * schemes of `Authorization` are a proxy's business and count as none.
 */
export function credentialOf(
  authorization: string | undefined,
  cookie: string | undefined,
): Credential {
  const bearer = authorization === undefined ? undefined : bearerOf(authorization);
  if (bearer !== undefined) return { kind: "bearer", token: bearer };
  if (cookie !== undefined && cookie !== "") return { kind: "cookie", token: cookie };
  return { kind: "none" };
}

export function isPlausibleToken(token: string): boolean {
  return token.length > 0 && token.length <= TOKEN_CHARACTERS_MAX;
}

/** RFC 9110 section 11.1: the scheme's name is case-insensitive. */
function bearerOf(authorization: string): string | undefined {
  const scheme = authorization.slice(0, 7).toLowerCase();
  return scheme === "bearer " ? authorization.slice(7).trim() : undefined;
}
