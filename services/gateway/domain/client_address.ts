/** The address that sign-in attempts are counted by. */
import { BlockList, isIP } from "node:net";

export interface ClientAddress {
  /** The client's IP address, or that of the proxy it came through. */
  readonly address: string;
  /**
   * The address is that of a proxy that nobody told this server of, so that it stands for everybody
   * behind it.
   */
  readonly isShared: boolean;
}

/**
 * Where a request came from.
 *
 * Each trusted proxy appends the address it was called from to `X-Forwarded-For`, so the entry of
 * the outermost one stands as many places from the end as there are proxies. What stands before it
 * came from the client itself and is never believed.
 *
 * Without trusted proxies the header tells one thing: a peer of a private network that sends it is
 * a proxy that was forgotten in the settings. A public peer may send what it likes.
 *
 * @param peer the address of the connection
 * @param forwardedFor the header `X-Forwarded-For`
 * @param trustedProxies how many proxies of one's own stand in front
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trustedProxies: number,
): ClientAddress {
  const direct = peer ?? "unknown";
  if (forwardedFor === undefined) return { address: direct, isShared: false };
  if (trustedProxies === 0) return { address: direct, isShared: isPrivatePeer(direct) };
  const forwarded = forwardedFor.split(",").at(-trustedProxies)?.trim();
  return { address: forwarded || direct, isShared: false };
}

/** Loopback, private (RFC 1918, RFC 4193) and link-local: where a proxy of one's own may be. */
const privateNetworks = new BlockList();
for (
  const [network, prefix] of [
    ["127.0.0.0", 8],
    ["10.0.0.0", 8],
    ["172.16.0.0", 12],
    ["192.168.0.0", 16],
    ["169.254.0.0", 16],
  ] as const
) privateNetworks.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [["::1", 128], ["fc00::", 7], ["fe80::", 10]] as const) {
  privateNetworks.addSubnet(network, prefix, "ipv6");
}

function isPrivatePeer(peer: string): boolean {
  // A socket for both families tells of IPv4 peers so (RFC 4291 section 2.5.5.2).
  const address = peer.replace(/^::ffff:(?=\d+\.)/i, "").split("%", 1)[0]!;
  const family = isIP(address);
  return family !== 0 && privateNetworks.check(address, family === 4 ? "ipv4" : "ipv6");
}
