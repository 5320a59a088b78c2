/**
 * Identity between services: JWTs of Ed25519 (EdDSA), made and checked with jose (architecture.md:
 * "Identity between services").
 *
 * A caller reuses a token until shortly before it expires and a callee remembers those it checked, so
 * a hop costs no signature.
 */
import { importJWK, type JWK, jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import {
  IDENTITY_TOKEN_SECONDS_MAX,
  IdentityClaims,
  MAY_ASSERT_USERS,
  SERVICE_NAMES,
  type ServiceName,
  type Subject,
} from "@codex/protocol";

export const PrivateJwk = z.object({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.string(),
  d: z.string(),
});
const PublicJwk = PrivateJwk.omit({ d: true });
export const PublicJwks = z.partialRecord(z.enum(SERVICE_NAMES), PublicJwk);

export type PrivateJwk = z.infer<typeof PrivateJwk>;
export type PublicJwks = z.infer<typeof PublicJwks>;

const ALGORITHM = "EdDSA";
/** A token is made anew this long before it expires, so that none expires under way. */
const RENEW_MARGIN_SECONDS = 15;
const TOKENS_REMEMBERED_MAX = 5000;

export interface Caller {
  readonly service: ServiceName;
  readonly subject?: Subject;
}

export type CallerResult =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly reason: string };

/** Makes and checks identity tokens for one service. */
export interface Identity {
  readonly service: ServiceName;
  /** A token for `audience`, on behalf of `subject` if given. */
  tokenFor(audience: ServiceName, subject?: Subject): Promise<string>;
  /** Who presents `token` to this service. */
  verify(token: string): Promise<CallerResult>;
}

export interface IdentityOptions {
  readonly service: ServiceName;
  readonly privateKey: PrivateJwk;
  readonly publicKeys: PublicJwks;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export async function createIdentity(options: IdentityOptions): Promise<Identity> {
  const { service, now } = options;
  const signingKey = await importJWK(options.privateKey as JWK, ALGORITHM);
  const verifyingKeys = await importPublicKeys(options.publicKeys);
  const made = new LRUCache<string, { token: string; renewAt: number }>({
    max: TOKENS_REMEMBERED_MAX,
  });
  const checked = new LRUCache<string, { caller: Caller; expiresAt: number }>({
    max: TOKENS_REMEMBERED_MAX,
  });

  return {
    service,
    async tokenFor(audience, subject) {
      const cacheKey = `${audience} ${subject === undefined ? "" : JSON.stringify(subject)}`;
      const known = made.get(cacheKey);
      if (known !== undefined && known.renewAt > now()) return known.token;
      const issuedAt = Math.floor(now() / 1000);
      const expiresAt = issuedAt + IDENTITY_TOKEN_SECONDS_MAX;
      const { userId, ...rest } = subject ?? {};
      const token = await new SignJWT({ ...rest })
        .setProtectedHeader({ alg: ALGORITHM })
        .setIssuer(service)
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .setSubject(userId ?? "")
        .sign(signingKey);
      made.set(cacheKey, { token, renewAt: (expiresAt - RENEW_MARGIN_SECONDS) * 1000 });
      return token;
    },

    async verify(token) {
      const known = checked.get(token);
      if (known !== undefined) {
        if (known.expiresAt > now()) return { ok: true, caller: known.caller };
        checked.delete(token);
        return { ok: false, reason: "The token has expired" };
      }
      const result = await verifyToken(token, { service, verifyingKeys, now });
      if (!result.ok) return result;
      checked.set(token, { caller: result.caller, expiresAt: result.expiresAt });
      return { ok: true, caller: result.caller };
    },
  };
}

type VerifyingKey = Awaited<ReturnType<typeof importJWK>>;

async function importPublicKeys(keys: PublicJwks): Promise<Map<string, VerifyingKey>> {
  const entries = Object.entries(keys).map(async ([name, jwk]) =>
    [name, await importJWK(jwk as JWK, ALGORITHM)] as const
  );
  return new Map(await Promise.all(entries));
}

async function verifyToken(
  token: string,
  context: {
    service: ServiceName;
    verifyingKeys: Map<string, VerifyingKey>;
    now: () => number;
  },
): Promise<{ ok: true; caller: Caller; expiresAt: number } | { ok: false; reason: string }> {
  const issuer = peekIssuer(token);
  const key = issuer === undefined ? undefined : context.verifyingKeys.get(issuer);
  if (key === undefined) return { ok: false, reason: "The token's issuer is not known here" };
  let payload: unknown;
  try {
    const verified = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      audience: context.service,
      maxTokenAge: IDENTITY_TOKEN_SECONDS_MAX,
      clockTolerance: 5,
      currentDate: new Date(context.now()),
    });
    payload = verified.payload;
  } catch {
    return { ok: false, reason: "The token is not valid" };
  }
  const claims = IdentityClaims.safeParse(withoutEmptySubject(payload));
  if (!claims.success) return { ok: false, reason: "The token's claims are not valid" };
  const { iss, sub, role, scopes, fresh, exp, iat } = claims.data;
  if (exp - iat > IDENTITY_TOKEN_SECONDS_MAX) {
    return { ok: false, reason: "The token lives too long" };
  }
  const expiresAt = exp * 1000;
  if (sub === undefined) return { ok: true, caller: { service: iss }, expiresAt };
  if (!MAY_ASSERT_USERS.includes(iss)) {
    return { ok: false, reason: `Service "${iss}" may not assert users` };
  }
  if (role === undefined || scopes === undefined || fresh === undefined) {
    return { ok: false, reason: "The token's claims are not valid" };
  }
  const subject: Subject = { userId: sub, role, scopes, fresh };
  return { ok: true, caller: { service: iss, subject }, expiresAt };
}

/** The issuer a token claims, unchecked: it only chooses the key to check with. */
function peekIssuer(token: string): string | undefined {
  const payload = token.split(".")[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(
      new TextDecoder().decode(Uint8Array.fromBase64(payload, { alphabet: "base64url" })),
    );
    const issuer = z.object({ iss: z.string() }).safeParse(claims);
    return issuer.success ? issuer.data.iss : undefined;
  } catch {
    return undefined;
  }
}

function withoutEmptySubject(payload: unknown): unknown {
  if (typeof payload !== "object" || payload === null) return payload;
  const { sub, ...rest } = payload as Record<string, unknown>;
  return sub === "" ? rest : payload;
}
