/** Granted hosts as Deno's network permissions (security.md "Isolation", level 2). */
import { PRIVATE_IPV4 } from "@codex/service/private-address";

/** What isn't public. Deno takes no IPv6 ranges here, only single addresses. */
const DENIED_RANGES = PRIVATE_IPV4.map((range) => range.join("/"));

/** Where names lead to forwarders. */
const LOOPBACK_RANGE = "127.0.0.0/8";

const DENIED_ADDRESSES = ["[::]", "[::1]", "[fd00:ec2::254]"] as const;

/** protocol.md "Installed plugins": an entry without a port means this one. */
const DEFAULT_PORT = 443;

/**
 * The network flags for what was granted. A denied range beats an allowed name that resolves into it, so a range is
 * left out only for a granted literal address inside it.
 *
 * @param granted `host`, `host:port` or `*`
 * @param isForwarded whether names lead to forwarders on the loopback of a namespace that has no other way
 */
export function networkFlags(granted: readonly string[], isForwarded = false): string[] {
  if (granted.length === 0) return [];
  const entries = granted.filter((entry) => entry !== "*").map(splitEntry);
  const allow = granted.includes("*")
    ? "--allow-net"
    : `--allow-net=${entries.map(({ host, port }) => `${host}:${port}`).join(",")}`;
  const denied = [
    ...DENIED_RANGES.filter((range) =>
      !entries.some(({ host }) => isInRange(host, range)) &&
      !(isForwarded && range === LOOPBACK_RANGE)
    ),
    ...DENIED_ADDRESSES.filter((address) => !entries.some(({ host }) => host === address)),
  ];
  return [allow, `--deny-net=${denied.join(",")}`];
}

/** Whether a granted host is a literal address that is never reached by name. */
export function isDeniedAddress(host: string): boolean {
  return DENIED_RANGES.some((range) => isInRange(host, range)) ||
    DENIED_ADDRESSES.some((address) => host === address);
}

/** Whether a host, as {@linkcode splitEntry} spells it, is this machine by its loopback. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

export function splitEntry(entry: string): { readonly host: string; readonly port: number } {
  const match = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(entry);
  return {
    host: canonicalHost(match?.[1] ?? entry),
    port: match?.[2] === undefined ? DEFAULT_PORT : Number(match[2]),
  };
}

/** One spelling for each address (RFC 5952), so that it can be compared. */
function canonicalHost(host: string): string {
  const url = `http://${host}`;
  return host.startsWith("[") && URL.canParse(url) ? new URL(url).hostname : host.toLowerCase();
}

function isInRange(host: string, range: string): boolean {
  const address = ipv4Number(host);
  const [base = "", bits = ""] = range.split("/");
  const start = ipv4Number(base);
  if (address === undefined || start === undefined) return false;
  const size = 2 ** (32 - Number(bits));
  return address >= start && address < start + size;
}

function ipv4Number(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  return match.slice(1).reduce((number, part) => number * 256 + Number(part), 0);
}
