/**
 * The cookie of one sign-in at a provider: it ties the end of the flow to the browser that began it
 * (security.md: "OAuth"). Each flow has its own, so that several may be pending.
 */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";
import { encodeBase64url, hashToken } from "@codex/crypto";

export interface FlowCookie {
  /** The browser token of the flow that `state` belongs to. */
  read(c: Context, state: string): string | undefined;
  set(c: Context, state: string, browserToken: string, expires: Date): void;
  clear(c: Context, state: string): void;
}

/** Enough of the state's hash to tell three flows apart, and nothing of the state itself. */
const NAME_CHARACTERS = 16;

/**
 * @param path the only one that the browser sends it to
 * @param isSecure whether people reach the server by https
 */
export function flowCookie(path: string, isSecure: boolean): FlowCookie {
  const prefix = isSecure ? "secure" : undefined;
  const options: CookieOptions = {
    path,
    httpOnly: true,
    // Sent along when the provider sends the browser back, but to nothing that another site embeds.
    sameSite: "Lax",
    secure: isSecure,
    ...(prefix && { prefix }),
  };
  return {
    read: (c, state) => getCookie(c, nameOf(state), prefix),
    set: (c, state, token, expires) => setCookie(c, nameOf(state), token, { ...options, expires }),
    clear: (c, state) => void deleteCookie(c, nameOf(state), options),
  };
}

function nameOf(state: string): string {
  return `codex_flow_${encodeBase64url(hashToken(state)).slice(0, NAME_CHARACTERS)}`;
}
