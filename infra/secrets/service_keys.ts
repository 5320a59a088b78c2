import { exportJWK, generateKeyPair } from "jose";
import { z } from "zod";
import type { ServiceName } from "@codex/protocol";
import { Failure } from "../failure.ts";
import type { SecretStore } from "./store.ts";

/** The public half of every service's key, for all to read. */
export const PUBLIC_KEYS = "public-keys.json";

const privateKey = z.object({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.string(),
  d: z.string(),
});

export function serviceKeyName(service: ServiceName): string {
  return `${service}/service-key.json`;
}

/**
 * Makes an Ed25519 key (JWK) for each service that has none, and writes {@link PUBLIC_KEYS} from
 * all, so that a key which was deleted to replace it needs nothing else.
 */
export async function ensureServiceKeys(
  store: SecretStore,
  services: readonly ServiceName[],
): Promise<void> {
  const entries = services.map(async (service) => {
    const name = serviceKeyName(service);
    const text = await store.ensure(name, async () => {
      const pair = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
      return JSON.stringify(await exportJWK(pair.privateKey));
    });
    const { kty, crv, x } = parseKey(text, store.path(name));
    return [service, { kty, crv, x }] as const;
  });
  await store.write(PUBLIC_KEYS, JSON.stringify(Object.fromEntries(await Promise.all(entries))));
}

function parseKey(text: string, path: string): z.infer<typeof privateKey> {
  try {
    return privateKey.parse(JSON.parse(text));
  } catch {
    throw new Failure(`"${path}" is not an Ed25519 key: delete it, and a new one is made`);
  }
}
