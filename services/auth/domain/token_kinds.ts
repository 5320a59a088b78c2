/** What the tokens that auth hands out look like; the prefix also tells where to look one up. */

export const SESSION_TOKEN_PREFIX = "cxs";
export const API_KEY_PREFIX = "cxk";
export const SETUP_CODE_PREFIX = "setup";

/** Characters of an API token that are shown for good: its prefix and 4 more. */
export const API_KEY_SHOWN_CHARACTERS = API_KEY_PREFIX.length + 1 + 4;

export type TokenKind = "session" | "api_key";

/** Undefined for what can't be a token of ours. */
export function kindOfToken(token: string): TokenKind | undefined {
  const match = /^(cxs|cxk)_[A-Za-z0-9_-]{43}$/.exec(token);
  if (match === null) return undefined;
  return match[1] === SESSION_TOKEN_PREFIX ? "session" : "api_key";
}
