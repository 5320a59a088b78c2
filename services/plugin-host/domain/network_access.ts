/** What a network grant comes to, by what can be enforced where the plugin runs (security.md: "Isolation"). */
import { isLoopback, splitEntry } from "../process/network_flags.ts";

/** Only Deno can be kept to single hosts: any other runtime has all of a network or none. */
export type RuntimeKind = "deno" | "other";

/** What of a grant can be enforced here. */
export type NetworkControl =
  /** Exactly the granted hosts. */
  | "by-host"
  /** All or nothing, in a network that lacks this machine's loopback but for granted ports. */
  | "own-network"
  /** All or nothing, this machine included. */
  | "shared-network"
  /** Nothing: it has all of it, granted or not. */
  | "unconfined"
  /** It can't run here. */
  | "none";

const EVERY_HOST = "*";

/**
 * A grant as it takes effect, and so as it is stored: for another runtime than Deno any grant is all of the
 * network. Ports of the loopback stay beside it, which a network of its own forwards one by one.
 */
export function effectiveNetwork(runtime: RuntimeKind, granted: readonly string[]): string[] {
  if (runtime === "deno" || granted.length === 0) return [...new Set(granted)];
  return [...new Set([EVERY_HOST, ...granted.filter(isLoopbackEntry)])];
}

/** What a grant as it takes effect lets a plugin reach, for people. */
export function describeNetwork(control: NetworkControl, effective: readonly string[]): string {
  if (control === "unconfined") {
    return "Unrestricted network, including this machine: nothing confines it here";
  }
  if (effective.length === 0) return "No network";
  const named = effective.filter((entry) => entry !== EVERY_HOST);
  switch (control) {
    case "by-host":
      if (!effective.includes(EVERY_HOST)) return `Only ${effective.join(", ")}`;
      return named.length === 0
        ? "Every public host"
        : `Every public host, and what shares a private range with ${named.join(", ")}`;
    case "own-network":
      return named.length === 0
        ? "Unrestricted network, but for this machine's loopback"
        : `Unrestricted network, of this machine's loopback only ${named.join(", ")}`;
    case "shared-network":
      return "Unrestricted network, including this machine";
    case "none":
      return "None while it can't run here";
  }
}

function isLoopbackEntry(entry: string): boolean {
  return entry !== EVERY_HOST && isLoopback(splitEntry(entry).host);
}
