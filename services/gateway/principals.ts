/**
 * Who a token belongs to: asked of auth, and remembered so briefly that a revoked session is refused
 * within 5 seconds everywhere (security.md: "Web").
 */
import { encodeBase64url, hashToken } from "@codex/crypto";
import type { AuthService, Principal } from "@codex/protocol";
import { LRUCache } from "lru-cache";
import { isPlausibleToken } from "./domain/credential.ts";

/** An answer counts from the moment it was asked for; the rest of the 5 s is for slow answers. */
export const REMEMBERED_MS = 3000;
const KNOWN_MAX = 10_000;
/** Apart from the good ones, so that a flood of bad tokens can't push them out. */
const REFUSED_MAX = 1000;

export interface Principals {
  /**
   * The principal of a token, or null when there is none.
   *
   * @throws ProblemError when auth doesn't answer
   */
  resolve(requestId: string, token: string): Promise<Principal | null>;
  /** Drops what is remembered of a token, and what is being asked about it. */
  forget(token: string): void;
}

export interface PrincipalsOptions {
  readonly auth: Pick<AuthService, "resolve">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function createPrincipals({ auth, now }: PrincipalsOptions): Principals {
  const known = new LRUCache<string, { principal: Principal; until: number }>({ max: KNOWN_MAX });
  const refused = new LRUCache<string, number>({ max: REFUSED_MAX });
  const asked = new Map<string, Promise<Principal | null>>();

  async function ask(requestId: string, key: string, token: string): Promise<Principal | null> {
    const until = now() + REMEMBERED_MS;
    // Without the caller's abort signal: others may be waiting for the same answer.
    const question = auth.resolve({ requestId }, token);
    asked.set(key, question);
    try {
      const principal = await question;
      // A token that was forgotten meanwhile stays forgotten.
      if (asked.get(key) === question) {
        if (principal === null) refused.set(key, until);
        else known.set(key, { principal, until });
      }
      return principal;
    } finally {
      if (asked.get(key) === question) asked.delete(key);
    }
  }

  return {
    async resolve(requestId, token) {
      if (!isPlausibleToken(token)) return null;
      const key = keyOf(token);
      const remembered = known.get(key);
      if (remembered !== undefined && remembered.until > now()) return remembered.principal;
      if ((refused.get(key) ?? 0) > now()) return null;
      return await (asked.get(key) ?? ask(requestId, key, token));
    },
    forget(token) {
      const key = keyOf(token);
      known.delete(key);
      asked.delete(key);
    },
  };
}

/** Memory holds no token longer than its request does. */
function keyOf(token: string): string {
  return encodeBase64url(hashToken(token));
}
