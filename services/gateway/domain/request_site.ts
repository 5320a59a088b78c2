/** Whether a browser sent a request from this site's own pages (security.md: "Web"). */

export type RequestSite =
  /** From a page of this origin. */
  | "own"
  /** From another site, or typed into the address bar. */
  | "foreign"
  /** Neither header came: no browser of today, or one behind a proxy that drops them. */
  | "unknown";

/**
 * Tells by Sec-Fetch-Site, which pages can't forge and which doesn't depend on how the server is
 * reached; by Origin where a browser leaves it out (plain http on a local network).
 *
 * @param publicOrigin the origin of `CODEX_PUBLIC_URL`, never one from a request
 */
export function requestSite(
  headers: { readonly secFetchSite: string | undefined; readonly origin: string | undefined },
  publicOrigin: string,
): RequestSite {
  if (headers.secFetchSite !== undefined) {
    return headers.secFetchSite === "same-origin" ? "own" : "foreign";
  }
  if (headers.origin !== undefined) return headers.origin === publicOrigin ? "own" : "foreign";
  return "unknown";
}
