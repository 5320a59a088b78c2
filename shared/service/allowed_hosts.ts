/** Hosts on the own network that services may fetch from (`CODEX_ALLOWED_PRIVATE_HOSTS`). */
import { z } from "zod";

/** `host:port` in lower case, an IPv6 address in brackets. */
export type AllowedHosts = ReadonlySet<string>;

const ENTRY = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+):(\d{1,5})$/;

/** Reads `host:port, host:port`; empty text allows none. */
export const AllowedHostList = z.string().transform((text, context): AllowedHosts => {
  const hosts = new Set<string>();
  for (const part of text.split(",").map((it) => it.trim().toLowerCase())) {
    if (part === "") continue;
    const port = Number(ENTRY.exec(part)?.[1] ?? 0);
    const url = URL.parse(`http://${part}`);
    if (port === 0 || port > 65_535 || url === null) {
      context.addIssue({ code: "custom", message: `"${part}" must be host:port` });
      return z.NEVER;
    }
    // As URLs write it: `[0:0::1]` is `[::1]`.
    hosts.add(`${url.hostname}:${port}`);
  }
  return hosts;
});

/** Whether a person named this URL's host and port. */
export function isAllowedHost(url: URL, allowed: AllowedHosts): boolean {
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return allowed.has(`${url.hostname}:${port}`);
}
