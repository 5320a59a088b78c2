/**
 * Which IP addresses are the public internet's (security.md: "Network from the host"). Everything
 * that a registry sets apart counts as private: this machine, its network, and whatever may lead there.
 */
import { BlockList, isIP } from "node:net";

/** A network's first address and the bits that its addresses have in common. */
export type Range = readonly [network: string, prefix: number];

/** IANA IPv4 Special-Purpose Address Registry (RFC 6890), with multicast (RFC 5771). */
export const PRIVATE_IPV4: readonly Range[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  // With 169.254.169.254, where clouds tell a machine its credentials.
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Addresses by which a network without IPv4 reaches it (RFC 6052 section 2.1): as public as the one inside. */
const NAT64 = "64:ff9b::";

/** Only 2000::/3 is handed out as public (RFC 4291 section 2.4). */
export const GLOBAL_IPV6: readonly Range[] = [["2000::", 3], [NAT64, 96]];

/** Of that, these are set apart. */
export const PRIVATE_IPV6: readonly Range[] = [
  // Teredo, ORCHID, documentation, benchmarking.
  ["2001::", 23],
  ["2001:db8::", 32],
  // 6to4: carries any IPv4 address, also a private one (RFC 3056).
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
  ...PRIVATE_IPV4.map(([network, prefix]): Range => [`${NAT64}${network}`, 96 + prefix]),
];

const privateIpv4 = blockList(PRIVATE_IPV4, "ipv4");
const privateIpv6 = blockList(PRIVATE_IPV6, "ipv6");
const globalIpv6 = blockList(GLOBAL_IPV6, "ipv6");

function blockList(ranges: readonly Range[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family);
  return list;
}

/**
 * Whether an address is on the public internet.
 *
 * False for text that is no address, and for an IPv4 address inside an IPv6 one (mapped, tunnelled): the same machine, in
 * a form that a filter may miss. A translated one (NAT64) is judged by the address inside.
 *
 * @param address as a resolver gives it, without brackets
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !privateIpv4.check(address, "ipv4");
    case 6:
      return globalIpv6.check(address, "ipv6") && !privateIpv6.check(address, "ipv6");
    default:
      return false;
  }
}
