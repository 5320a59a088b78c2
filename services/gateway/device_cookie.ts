/**
 * The cookies by which accounts know a browser again (security.md: "Web"): one an account, which
 * outlives the session. They sign nobody in; auth alone makes and reads what is in them.
 */
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";
import { encodeBase64url, hashToken } from "@codex/crypto";
import { DEVICE_COOKIE_PREFIX, type UserId } from "@codex/protocol";

export interface DeviceCookie {
  /** What the browser has, of whatever accounts. */
  read(c: Context): string[];
  set(c: Context, userId: UserId, token: string): void;
}

/** Browsers refuse to keep a cookie longer (RFC 6265bis section 5.5). */
const MAX_AGE_SECONDS = 400 * 24 * 3600;
/** Accounts of one browser, and the characters of a token: what is beyond is made up. */
const TOKENS_MAX = 8;
const TOKEN_CHARACTERS_MAX = 512;
/** Enough of a hash to tell accounts apart. */
const NAME_CHARACTERS = 16;

/** @param isSecure whether people reach the server by https: see `session_cookie.ts` */
export function deviceCookie(isSecure: boolean): DeviceCookie {
  const prefix = isSecure ? "host" : undefined;
  const namesBegin = isSecure ? `__Host-${DEVICE_COOKIE_PREFIX}` : DEVICE_COOKIE_PREFIX;
  const options: CookieOptions = {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: isSecure,
    maxAge: MAX_AGE_SECONDS,
    ...(prefix && { prefix }),
  };
  return {
    read: (c) =>
      Object.entries(getCookie(c))
        .flatMap(([name, token]) =>
          name.startsWith(namesBegin) && isPlausible(token) ? [token] : []
        )
        .slice(0, TOKENS_MAX),
    set: (c, userId, token) => setCookie(c, nameOf(userId), token, options),
  };
}

/** A JWT in its compact form (RFC 7519 section 3). */
function isPlausible(token: string): boolean {
  return token.length <= TOKEN_CHARACTERS_MAX && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

function nameOf(userId: UserId): string {
  const hash = encodeBase64url(hashToken(userId));
  return `${DEVICE_COOKIE_PREFIX}${hash.slice(0, NAME_CHARACTERS)}`;
}
