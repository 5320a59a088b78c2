/** The address that login attempts are counted by. */

/**
 * The client's IP address.
 *
 * Each trusted proxy appends the address it was called from to `X-Forwarded-For`, so the entry of the
 * outermost one stands as many places from the end as there are proxies. What stands before it came
 * from the client itself and is never believed.
 *
 * @param peer the address of the connection
 * @param forwardedFor the header `X-Forwarded-For`
 * @param trustedProxies how many proxies of one's own stand in front
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trustedProxies: number,
): string {
  const direct = peer ?? "unknown";
  if (trustedProxies === 0 || forwardedFor === undefined) return direct;
  return forwardedFor.split(",").at(-trustedProxies)?.trim() || direct;
}
