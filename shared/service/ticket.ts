/** Connection tickets: what auth signs so that another service may touch one connection (architecture.md: "Identity between services"). */
import { importJWK, type JWK, jwtVerify, SignJWT } from "jose";
import { TICKET_SECONDS_MAX, TicketClaims } from "@codex/protocol";
import type { PrivateJwk } from "./identity_token.ts";

/** Sets tickets apart from identity tokens signed with the same key (RFC 8725 section 3.11). */
const TYPE = "codex-ticket+jwt";
const ALGORITHM = "EdDSA";
const ISSUER = "auth";

export type TicketResult =
  | { readonly ok: true; readonly claims: TicketClaims }
  | { readonly ok: false; readonly reason: "expired" | "invalid" };

export type NewTicket =
  & Pick<TicketClaims, "connectionId" | "pluginId" | "userId">
  & Partial<Pick<TicketClaims, "revision">>;

/** Signs tickets; only auth has the key. */
export async function createTicketSigner(
  privateKey: PrivateJwk,
  now: () => number,
): Promise<(ticket: NewTicket) => Promise<{ ticket: string; expiresAt: Date }>> {
  const key = await importJWK(privateKey as JWK, ALGORITHM);
  return async (claims) => {
    const issuedAt = Math.floor(now() / 1000);
    const expiresAt = issuedAt + TICKET_SECONDS_MAX;
    const ticket = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setIssuer(ISSUER)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(key);
    return { ticket, expiresAt: new Date(expiresAt * 1000) };
  };
}

/**
 * Checks tickets with auth's public key.
 *
 * @param graceSeconds how long an expired ticket still counts; only auth's renewal has any
 */
export async function createTicketVerifier(
  publicKey: { kty: string; crv: string; x: string },
  now: () => number,
  graceSeconds = 0,
): Promise<(ticket: string) => Promise<TicketResult>> {
  const key = await importJWK(publicKey as JWK, ALGORITHM);
  return async (ticket) => {
    let payload: unknown;
    try {
      const verified = await jwtVerify(ticket, key, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: ISSUER,
        currentDate: new Date(now()),
        clockTolerance: graceSeconds,
      });
      payload = verified.payload;
    } catch (error) {
      const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
      return { ok: false, reason: code === "ERR_JWT_EXPIRED" ? "expired" : "invalid" };
    }
    const claims = TicketClaims.safeParse(payload);
    if (!claims.success || claims.data.exp - claims.data.iat > TICKET_SECONDS_MAX) {
      return { ok: false, reason: "invalid" };
    }
    return { ok: true, claims: claims.data };
  };
}
