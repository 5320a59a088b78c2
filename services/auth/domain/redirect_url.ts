/** Where providers send browsers back to: one URL of all plugins, and one of each. */

const CALLBACK = "/oauth/callback";

/**
 * The redirect URL of one plugin alone. A provider whose answers come to a URL of its own can't be
 * mistaken for another (RFC 9700 section 4.4.2: distinct redirect URIs).
 *
 * @param common the URL that all plugins share, which ends in `/oauth/callback`
 */
export function ownRedirectUrl(common: string, pluginId: string): string {
  return `${common.slice(0, -CALLBACK.length)}/${pluginId}${CALLBACK}`;
}

/** The one that a sign-in begins and ends with. */
export function redirectUrlOf(common: string, pluginId: string, isOwn: boolean): string {
  return isOwn ? ownRedirectUrl(common, pluginId) : common;
}
