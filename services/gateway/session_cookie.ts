/** The cookie that keeps a browser signed in (security.md: "Web"). */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";
import { SESSION_COOKIE } from "@codex/protocol";

export interface SessionCookie {
  read(c: Context): string | undefined;
  set(c: Context, token: string, maxAgeSeconds: number): void;
  clear(c: Context): void;
}

/** Browsers refuse to keep a cookie longer (RFC 6265bis section 5.5). */
const MAX_AGE_SECONDS_MAX = 400 * 24 * 3600;

/**
 * @param isSecure whether people reach the server by https: then the name begins with `__Host-`, so
 * that neither a subdomain nor plain http can plant a cookie of this name
 */
export function sessionCookie(isSecure: boolean): SessionCookie {
  const prefix = isSecure ? "host" : undefined;
  const options: CookieOptions = {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: isSecure,
    ...(prefix && { prefix }),
  };
  return {
    read: (c) => getCookie(c, SESSION_COOKIE, prefix),
    set: (c, token, maxAgeSeconds) =>
      setCookie(c, SESSION_COOKIE, token, {
        ...options,
        maxAge: Math.min(maxAgeSeconds, MAX_AGE_SECONDS_MAX),
      }),
    clear: (c) => void deleteCookie(c, SESSION_COOKIE, options),
  };
}
