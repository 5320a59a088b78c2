/** Rules of a sign-in at a provider, from its start to the browser's return (security.md: "OAuth"). */
import { type AllowedHosts, isAllowedHost } from "@codex/service";
import type { OauthDeclaration } from "@codex/protocol";
import { constantTimeEqual, hashToken } from "@codex/crypto";

/** A browser must be back within this time. */
export const FLOW_LIFETIME_MS = 300_000;
/** Sign-ins that a user may have begun and not ended. */
export const PENDING_FLOWS_MAX = 3;
/** A late return is told from an unknown one for this long after its end. */
export const EXPIRED_FLOW_KEPT_MS = 3_600_000;

export interface FlowOwner {
  readonly userId: string;
  readonly browserHash: Uint8Array;
  readonly expiresAt: Date;
}

export type ReturnCheck =
  | { readonly kind: "ok" }
  | { readonly kind: "failed"; readonly reason: "other_user" | "other_browser" | "expired" };

/**
 * Whether the browser that came back may end the flow: only its user, in the browser that began it,
 * in time. Else somebody could hang their account on another user's connection.
 *
 * @param browserToken of the flow's cookie
 * @param now milliseconds since 1970
 */
export function checkReturn(
  flow: FlowOwner,
  back: { readonly userId: string; readonly browserToken: string | undefined },
  now: number,
): ReturnCheck {
  if (flow.userId !== back.userId) return { kind: "failed", reason: "other_user" };
  const isSameBrowser = back.browserToken !== undefined &&
    constantTimeEqual(hashToken(back.browserToken), flow.browserHash);
  if (!isSameBrowser) return { kind: "failed", reason: "other_browser" };
  if (flow.expiresAt.getTime() <= now) return { kind: "failed", reason: "expired" };
  return { kind: "ok" };
}

/**
 * Whether a browser may be sent there to sign in: by https (RFC 6749 section 3.1), or to a host that a
 * person named. A plugin writes the URL, and `javascript:` is one, too.
 */
export function isSafeEndpoint(url: URL, allowedHosts: AllowedHosts): boolean {
  return url.protocol === "https:" ||
    (url.protocol === "http:" && isAllowedHost(url, allowedHosts));
}

/**
 * Whether the provider that answers may be the one that was asked. Plugins share a redirect URL
 * unless the administrator chose otherwise, so that another provider's code must not pass for this
 * one's (RFC 9700 section 4.4: mix-up attacks).
 *
 * A manifest that names its issuer is held to it, character by character (RFC 9207 section 2.4).
 * Where it doesn't, the issuer's host has to be that of an endpoint, or above or below it.
 *
 * @param issuer as the redirect names it; undefined, from most providers, proves nothing
 */
export function isIssuerOf(
  issuer: string | undefined,
  oauth: Pick<OauthDeclaration, "authorizationUrl" | "tokenUrl" | "issuer">,
): boolean {
  if (issuer === undefined) return true;
  if (oauth.issuer !== undefined) return issuer === oauth.issuer;
  const host = URL.parse(issuer)?.hostname;
  if (host === undefined || host === "") return false;
  const endpoints = [oauth.authorizationUrl, oauth.tokenUrl];
  return endpoints.map((endpoint) => new URL(endpoint).hostname).some((own) =>
    own === host || own.endsWith(`.${host}`) || host.endsWith(`.${own}`)
  );
}
