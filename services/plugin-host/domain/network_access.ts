/** What a network grant comes to, by what can be enforced where the plugin runs (security.md: "Isolation"). */
import { isIP } from "node:net";
import { splitEntry } from "../process/network_flags.ts";

export type RuntimeKind = "deno" | "other";

/** What of a grant can be enforced here. */
export type NetworkControl =
  /** Exactly the granted hosts: there is no way to any other (level 3). */
  | "by-host"
  /** The granted names, wherever these lead once the plugin runs (level 2). */
  | "by-name"
  /** Nothing: it has all of it, granted or not. */
  | "unconfined"
  /** It can't run here. */
  | "none";

/** What of a grant level 3 can give on this machine; where it can't, why, and what to install. */
export interface NetworkAbility {
  readonly hosts: Ability;
  readonly everyHost: Ability;
}

export type Ability =
  | { readonly available: true }
  | { readonly available: false; readonly reason: string };

export const EVERY_HOST = "*";

/** What a grant needs of this machine. */
export type NetworkNeed = "hosts" | "every-host";

export function networkNeed(granted: readonly string[]): NetworkNeed | undefined {
  if (granted.length === 0) return undefined;
  return granted.includes(EVERY_HOST) ? "every-host" : "hosts";
}

/** Why these hosts can't be given; undefined if they can. */
export function missingFor(
  granted: readonly string[],
  { hosts, everyHost }: NetworkAbility,
): string | undefined {
  const need = networkNeed(granted);
  if (need === undefined) return undefined;
  const needed = need === "hosts" ? hosts : everyHost;
  return needed.available ? undefined : needed.reason;
}

/**
 * What a grant lets a plugin reach, for people.
 *
 * @param ability undefined where it doesn't run at level 3
 */
export function describeNetwork(
  control: NetworkControl,
  granted: readonly string[],
  ability?: NetworkAbility,
): string {
  if (control === "unconfined") {
    return "Unrestricted network, including this machine: nothing confines it here";
  }
  if (granted.length === 0) return "No network";
  if (control === "none") return "None while it can't run here";
  const missing = ability && missingFor(granted, ability);
  if (missing !== undefined) return `None, as this can't be given here: ${missing}`;
  return control === "by-host" ? describeHosts(granted) : describeNames(granted);
}

function describeHosts(granted: readonly string[]): string {
  if (!granted.includes(EVERY_HOST)) return `Only ${granted.join(", ")}, by TCP`;
  const named = granted.filter((entry) => entry !== EVERY_HOST);
  return named.length === 0
    ? "Every public host"
    : `Every public host, and by TCP ${named.join(", ")}`;
}

function describeNames(granted: readonly string[]): string {
  const named = granted.filter((entry) => entry !== EVERY_HOST);
  const isEvery = granted.includes(EVERY_HOST);
  const extent = !isEvery
    ? `Only ${named.join(", ")}`
    : named.length === 0
    ? "Every public host"
    : `Every public host, and what shares a private range with ${named.join(", ")}`;
  const hasNames = isEvery || named.some((entry) => !isLiteral(entry));
  return hasNames
    ? `${extent}; whoever owns a name can lead it into the local network later`
    : extent;
}

function isLiteral(entry: string): boolean {
  const { host } = splitEntry(entry);
  return host.startsWith("[") || isIP(host) !== 0;
}
