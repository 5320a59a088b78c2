/**
 * For tests of services: identities of every service without files, plugins as plugin-host tells of
 * them, and a manual clock.
 *
 * @module
 */
import { exportJWK, generateKeyPair } from "jose";
import {
  Manifest,
  PluginId,
  type PluginSummary,
  SCOPES_OF_ROLE,
  SERVICE_NAMES,
  type ServiceName,
  type Subject,
  UserId,
} from "@codex/protocol";
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

/** A granted user plugin that syncs reading progress, unless `change` and `manifest` say otherwise. */
export function testPluginSummary(
  change: Partial<PluginSummary> = {},
  manifest: object = {},
): PluginSummary {
  const { name = "sync-example", displayName = "Example sync" } = change;
  return {
    id: PluginId.parse(crypto.randomUUID()),
    name,
    displayName,
    description: "Syncs with an example",
    pluginType: "user",
    enabled: true,
    usable: true,
    state: "stopped",
    stateReason: null,
    healthStatus: "healthy",
    permissions: [],
    scopes: [],
    libraryIds: [],
    manifest: Manifest.parse({
      name,
      displayName,
      version: "1.2.3",
      protocolVersion: "1.0",
      capabilities: { userReadSync: true },
      ...manifest,
    }),
    metadataTargets: [],
    searchQueryTemplate: null,
    searchPreprocessingRules: null,
    autoMatchConditions: null,
    useExistingExternalId: false,
    requestTimeoutSeconds: 30,
    syncCronSchedule: null,
    sendFullMetadata: false,
    sendGenresAndTags: true,
    ...change,
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
