/**
 * Where a granted host leads: looked up and checked here, and the checked address is the one that
 * is connected to.
 */
import { isIP } from "node:net";
import { isPublicAddress } from "@codex/service/private-address";
import type { RouteTarget } from "./messages.ts";

export interface DestinationOptions {
  /** All addresses of a name; rejects if there are none. */
  readonly lookUp: (name: string) => Promise<readonly string[]>;
  /** The addresses of this machine, which are no less its own where they are public. */
  readonly ownAddresses: () => readonly string[];
}

export type Destination =
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * security.md "Isolation": a name may not lead into this machine or its network, and every address
 * of it is judged.
 */
export async function findDestination(
  { host, mayBePrivate }: RouteTarget,
  { lookUp, ownAddresses }: DestinationOptions,
): Promise<Destination> {
  if (isIP(host) !== 0) {
    return mayBePrivate
      ? { kind: "addresses", addresses: [host] }
      : judge(host, [host], ownAddresses());
  }
  let addresses: readonly string[];
  try {
    addresses = await lookUp(host);
  } catch {
    addresses = [];
  }
  if (addresses.length === 0) return refused(`"${host}" is not a known name`);
  return mayBePrivate ? { kind: "addresses", addresses } : judge(host, addresses, ownAddresses());
}

function judge(
  host: string,
  addresses: readonly string[],
  own: readonly string[],
): Destination {
  // One private address among public ones is no accident either.
  const local = addresses.find((address) => !isPublicAddress(address));
  if (local !== undefined) {
    return refused(
      `"${host}" leads to the private address ${local}, which has to be granted itself`,
    );
  }
  const machine = addresses.find((address) => own.includes(translated(address) ?? address));
  if (machine !== undefined) {
    return refused(
      `"${host}" leads to this machine's own address ${machine}, which has to be granted itself`,
    );
  }
  return { kind: "addresses", addresses };
}

/**
 * The IPv4 address inside of a translated one (NAT64, RFC 6052 section 2.1), which leads to the
 * same machine.
 */
function translated(address: string): string | undefined {
  const groups = /^64:ff9b::(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})$/.exec(address);
  if (groups === null) return undefined;
  const [high, low] = [groups[1] ?? "0", groups[2] ?? "0"].map((group) => parseInt(group, 16));
  return [high! >> 8, high! & 255, low! >> 8, low! & 255].join(".");
}

function refused(reason: string): Destination {
  return { kind: "refused", reason };
}
