/**
 * Tells a device that an account knows from a stranger's: whoever signs in gets a signed token for
 * the browser's cookie, and brings it along the next time. It is no credential: all that it gives
 * is a count of wrong passwords of its own, which no stranger can use up.
 */
import { importJWK, type JWK, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { hashToken } from "@codex/crypto";
import type { PrivateJwk } from "@codex/service";
import type { UserRow } from "../db/user_queries.ts";

/** Whose device it is, and the password that it was known by. */
export type DeviceOwner = Pick<UserRow, "id" | "passwordHash">;

export interface DeviceTokens {
  /** @param deviceId of a device that is known already; else a new one is made up */
  issue(owner: DeviceOwner, deviceId?: string): Promise<string>;
  /**
   * The id of the device that one of `tokens` stands for, if the account knows it. An account that
   * doesn't exist costs the same work.
   */
  deviceOf(owner: DeviceOwner | undefined, tokens: readonly string[]): Promise<string | undefined>;
}

/** Sets these tokens apart from others signed with the same key (RFC 8725 section 3.11). */
const TYPE = "codex-device+jwt";
const ALGORITHM = "EdDSA";
const ISSUER = "auth";
/** Browsers keep no cookie longer (RFC 6265bis section 5.5). */
const LIFETIME_SECONDS = 400 * 24 * 3600;

const DeviceClaims = z.object({ sub: z.string(), jti: z.uuid(), pwd: z.string() });

export async function createDeviceTokens(
  privateKey: PrivateJwk,
  now: () => number,
): Promise<DeviceTokens> {
  const { d: _, ...publicKey } = privateKey;
  const signingKey = await importJWK(privateKey as JWK, ALGORITHM);
  const verifyingKey = await importJWK(publicKey as JWK, ALGORITHM);

  async function claimsOf(token: string) {
    try {
      const { payload } = await jwtVerify(token, verifyingKey, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: ISSUER,
        currentDate: new Date(now()),
      });
      return DeviceClaims.safeParse(payload).data;
    } catch {
      return undefined;
    }
  }

  return {
    async issue(owner, deviceId = crypto.randomUUID()) {
      const issuedAt = Math.floor(now() / 1000);
      return await new SignJWT({ pwd: passwordMark(owner) })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
        .setIssuer(ISSUER)
        .setSubject(owner.id)
        .setJti(deviceId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + LIFETIME_SECONDS)
        .sign(signingKey);
    },
    async deviceOf(owner, tokens) {
      const found = await Promise.all(tokens.map(claimsOf));
      if (owner === undefined) return undefined;
      const mark = passwordMark(owner);
      return found.find((claims) => claims?.sub === owner.id && claims.pwd === mark)?.jti;
    },
  };
}

/**
 * A new password makes every device a stranger's again: who knew the old one may have had any
 * number of devices known by it, each with guesses of its own. The stored hash has a salt, so that
 * its hash tells nothing of the password.
 */
function passwordMark({ passwordHash }: DeviceOwner): string {
  return hashToken(passwordHash).toBase64({ alphabet: "base64url" }).slice(0, 16);
}
