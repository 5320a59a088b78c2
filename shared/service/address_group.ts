/** Which addresses count as one client's, wherever something is limited by address. */

/**
 * What a client is counted by: an IPv4 address, or the /64 network of an IPv6 address, since
 * whoever has one address of it has all (RFC 6177 section 2 gives a home at least that much). An
 * IPv4-mapped address counts as IPv4 (RFC 4291 section 2.5.5.2). A port, which some proxies name
 * too, doesn't count: a client chooses it anew as often as it likes.
 *
 * @param address as a connection or a proxy tells it; what is no address is a group of its own
 */
export function addressGroup(address: string): string {
  const text = withoutPort(address.trim().toLowerCase());
  if (!text.includes(":")) return text.slice(0, MAX_LENGTH);
  const groups = groupsOf(text.split("%")[0]!);
  const mapped = groups.slice(0, 6).join(":") === "0:0:0:0:0:ffff";
  if (mapped) return dottedOf(groups.slice(6));
  return `${groups.slice(0, 4).join(":").slice(0, MAX_LENGTH)}/64`;
}

const GROUPS = 8;
/** Longer than any address: what is longer is none, and counts by its beginning. */
const MAX_LENGTH = 64;
const IPV4 = String.raw`\d{1,3}(?:\.\d{1,3}){3}`;
const WITH_PORT = new RegExp(String.raw`^(?:\[([^\]]*)\](?::\d+)?|(${IPV4}):\d+)$`);
const EMBEDDED_IPV4 = new RegExp(`(?<=:)${IPV4}$`);

function withoutPort(text: string): string {
  const [, ipv6, ipv4] = WITH_PORT.exec(text) ?? [];
  return ipv6 ?? ipv4 ?? text;
}

/** The groups of an IPv6 address, all eight, without leading zeros. */
function groupsOf(text: string): string[] {
  const plain = text.replace(EMBEDDED_IPV4, (dotted) => {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.split(".").map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = "", tail = ""] = plain.split("::", 2);
  const front = head === "" ? [] : head.split(":");
  const back = tail === "" ? [] : tail.split(":");
  const gap = Math.max(0, GROUPS - front.length - back.length);
  const groups = [...front, ...Array.from({ length: gap }, () => "0"), ...back];
  return groups.map((group) => group.replace(/^0+(?=.)/, ""));
}

function dottedOf(groups: readonly string[]): string {
  const bytes = groups.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
  return bytes.join(".");
}
