/**
 * What login attempts are counted by, of a client's address. Whoever has an IPv6 connection has at
 * least a /64 of addresses (RFC 6177), so those count as one; IPv4-mapped ones count as IPv4.
 */
export function throttleKeyOfAddress(address: string): string {
  const text = address.trim().toLowerCase();
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(text);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!text.includes(":")) return text.slice(0, MAX_LENGTH);
  const [head = "", tail = ""] = text.split("%")[0]!.split("::", 2);
  const front = head === "" ? [] : head.split(":");
  const back = tail === "" ? [] : tail.split(":");
  const gap = Math.max(0, GROUPS - front.length - back.length);
  const groups = [...front, ...Array.from({ length: gap }, () => "0"), ...back];
  return `${groups.slice(0, 4).map(withoutZeros).join(":").slice(0, MAX_LENGTH)}/64`;
}

const GROUPS = 8;
/** Longer than any address: what is longer is none, and counts by its beginning. */
const MAX_LENGTH = 64;

function withoutZeros(group: string): string {
  return group.replace(/^0+(?=.)/, "");
}
