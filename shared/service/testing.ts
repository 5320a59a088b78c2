/**
 * For tests of services: identities of every service without files, and a manual clock.
 *
 * @module
 */
import { exportJWK, generateKeyPair } from "jose";
import { SERVICE_NAMES, type ServiceName, type Subject, UserId } from "@codex/protocol";
import { SCOPES_OF_ROLE } from "@codex/protocol";
import { createIdentity, type Identity, PrivateJwk, type PublicJwks } from "./identity_token.ts";

export interface TestIdentities {
  readonly privateKeys: Readonly<Record<ServiceName, PrivateJwk>>;
  readonly publicKeys: PublicJwks;
  /** The identity of one service. */
  of(service: ServiceName): Promise<Identity>;
  /** Headers of a call from `from` to `to`, on behalf of `subject` if given. */
  headers(from: ServiceName, to: ServiceName, subject?: Subject): Promise<Record<string, string>>;
}

/** Makes a key pair for every service. */
export async function createTestIdentities(
  now: () => number = Date.now,
): Promise<TestIdentities> {
  const pairs = await Promise.all(SERVICE_NAMES.map(async (name) => {
    const pair = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
    const key = PrivateJwk.parse(await exportJWK(pair.privateKey));
    return [name, key] as const;
  }));
  const privateKeys = Object.fromEntries(pairs) as Record<ServiceName, PrivateJwk>;
  const publicKeys: PublicJwks = Object.fromEntries(
    pairs.map(([name, { d: _, ...publicKey }]) => [name, publicKey]),
  );
  const of = (service: ServiceName) =>
    createIdentity({ service, privateKey: privateKeys[service], publicKeys, now });
  return {
    privateKeys,
    publicKeys,
    of,
    async headers(from, to, subject) {
      const identity = await of(from);
      return { authorization: `Bearer ${await identity.tokenFor(to, subject)}` };
    },
  };
}

/** A user of `role` with every scope of it, whose password was just entered. */
export function testSubject(role: Subject["role"], userId: string = crypto.randomUUID()): Subject {
  return {
    userId: UserId.parse(userId),
    role,
    scopes: [...SCOPES_OF_ROLE[role]],
    fresh: true,
  };
}

/** A clock that stands still until it is moved. */
export class ManualClock {
  constructor(private timeMs: number = Date.UTC(2026, 0, 1)) {}

  readonly now = (): number => this.timeMs;

  advance(milliseconds: number): void {
    this.timeMs += milliseconds;
  }
}
