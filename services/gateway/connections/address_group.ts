/** Which connections count as one client's. */
import { isIPv4, isIPv6 } from "node:net";

/** `::ffff:192.0.2.1`, as a socket that takes both families shows an IPv4 client. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Groups of 16 bits that name a network: a home is given a /64 at least (RFC 6177 section 2). */
const NETWORK_GROUPS = 4;

/**
 * What a client is counted by: an IPv4 address, or the /64 network of an IPv6 address, since whoever
 * has one address of it has all. Other text is its own group.
 *
 * @param address as the connection tells it, without brackets
 */
export function addressGroup(address: string): string {
  const plain = address.split("%", 1)[0] ?? address;
  const mapped = MAPPED.exec(plain)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  if (!isIPv6(plain)) return address;
  const [head = "", tail] = plain.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  // An IPv4 address at the end stands for two groups.
  const written = front.length + back.length + (plain.includes(".") ? 1 : 0);
  const groups = [...front, ...new Array<string>(8 - written).fill("0"), ...back];
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => parseInt(group, 16).toString(16));
  return `${network.join(":")}::/64`;
}
