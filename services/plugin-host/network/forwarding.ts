/**
 * How the granted hosts look inside of a sandbox (security.md "Network at level 3"): each name has
 * a loopback address of its own, each literal address is the namespace's own, and what connects
 * there is forwarded to the egress broker.
 */
import { BlockList, isIP } from "node:net";
import type { AllowedHosts } from "@codex/service/allowed-hosts";
import { splitEntry } from "../process/network_flags.ts";
import type { RouteHost } from "./egress_broker.ts";

export interface Forward {
  readonly to: RouteHost;
  /** Address inside of the sandbox at whose port of the same number the forwarder listens. */
  readonly at: string;
}

export interface Forwarding {
  readonly forwards: readonly Forward[];
  /** Addresses that the namespace's loopback needs beside its own. */
  readonly addresses: readonly string[];
  /** Text of `/etc/hosts`. */
  readonly hostsFile: string;
  /** What was left out and why, for the plugin's log. */
  readonly notes: readonly string[];
}

/** Addresses that nothing can be reached at. */
const nowhere = new BlockList();
nowhere.addSubnet("0.0.0.0", 8, "ipv4");
nowhere.addSubnet("224.0.0.0", 4, "ipv4");
nowhere.addAddress("255.255.255.255", "ipv4");
nowhere.addAddress("::", "ipv6");
nowhere.addSubnet("ff00::", 8, "ipv6");
// Without its interface a link-local address is none.
nowhere.addSubnet("fe80::", 10, "ipv6");

/** Of 127.0.1.0/24, from its first host on; a grant has a hundred entries at most. */
const NAMED_PREFIX = "127.0.1.";

/**
 * @param granted `host`, `host:port` or `*`
 * @param allowedHosts names that may lead into the own network
 */
export function planForwarding(
  granted: readonly string[],
  allowedHosts: AllowedHosts,
): Forwarding {
  const entries = granted.filter((entry) => entry !== "*").map(parseEntry);
  const hasEvery = granted.includes("*");
  const wanted = entries
    .map((entry) => ({ ...entry, mayBePrivate: entry.isLiteral || isAllowed(entry, allowedHosts) }))
    // Every public host is reached by the namespace's own network.
    .filter(({ mayBePrivate }) => !hasEvery || mayBePrivate);
  const [reachable, unreachable] = partition(wanted, ({ host }) => !isNowhere(host));
  const literals = new Set(reachable.filter(({ isLiteral }) => isLiteral).map(({ host }) => host));
  const named = addressesOfNames(reachable, literals);
  const forwards = reachable.map(({ host, port, mayBePrivate }): Forward => ({
    to: { host, port, mayBePrivate },
    at: named.get(host) ?? host,
  }));
  const places = new Map(forwards.map((forward) => [`${forward.at} ${forward.to.port}`, forward]));
  return {
    forwards: [...places.values()],
    addresses: [...literals].filter((address) => !address.startsWith("127.") && address !== "::1"),
    hostsFile: hostsFile(named),
    notes: unreachable.map(({ host }) =>
      `Host "${host}" is left out: it is no address that can be reached`
    ),
  };
}

interface Entry {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isLiteral: boolean;
}

function parseEntry(entry: string): Entry {
  const { host: written, port } = splitEntry(entry);
  const bare = written.replace(/^\[(.*)\]$/, "$1");
  const host = mappedIpv4(bare) ?? bare;
  return { host, port, isLiteral: isIP(host) !== 0 };
}

/**
 * The IPv4 address that an IPv4-mapped one stands for (RFC 4291 section 2.5.5.2), which is how it
 * is reached.
 */
function mappedIpv4(address: string): string | undefined {
  const match = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
  if (match === null) return undefined;
  const [high, low] = match.slice(1).map((part) => parseInt(part, 16));
  return [high! >> 8, high! & 255, low! >> 8, low! & 255].join(".");
}

function isAllowed({ host, port }: Entry, allowedHosts: AllowedHosts): boolean {
  return allowedHosts.has(`${host}:${port}`);
}

function isNowhere(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && nowhere.check(host, family === 4 ? "ipv4" : "ipv6");
}

function addressesOfNames(
  entries: readonly Entry[],
  taken: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const addresses = new Map<string, string>();
  let last = 0;
  for (const { host, isLiteral } of entries) {
    if (isLiteral || addresses.has(host)) continue;
    do last++; while (taken.has(`${NAMED_PREFIX}${last}`));
    addresses.set(host, `${NAMED_PREFIX}${last}`);
  }
  return addresses;
}

/** Other names are looked up nowhere, so they fail at once. */
function hostsFile(named: ReadonlyMap<string, string>): string {
  const own = named.has("localhost") ? [] : ["127.0.0.1 localhost", "::1 localhost"];
  const granted = [...named].map(([name, address]) => `${address} ${name}`);
  return [...own, ...granted, ""].join("\n");
}

function partition<T>(items: readonly T[], matches: (item: T) => boolean): [T[], T[]] {
  return [items.filter(matches), items.filter((item) => !matches(item))];
}
