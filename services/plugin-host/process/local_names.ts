/**
 * Granted names that lead into this machine or its network. Deno's `--deny-net` takes no IPv6 ranges and doesn't see that a
 * name stands for an IPv4-mapped address [tried], so they are looked up before a plugin starts and left out.
 */
import { isIP } from "node:net";
import { isPublicAddress } from "@codex/service/private-address";
import { runProgram } from "@codex/service/program";
import { splitEntry } from "./network_flags.ts";

/** All addresses of a name; none where it has none or can't be looked up in time. */
export type LookUp = (name: string) => Promise<readonly string[]>;

export interface NamedNetwork {
  /** What remains of the grants. */
  readonly network: readonly string[];
  /** What was left out and why, for the plugin's log. */
  readonly notes: readonly string[];
}

/** Literal addresses and `*` stay: the administrator typed them. */
export async function withoutLocalNames(
  granted: readonly string[],
  lookUp: LookUp,
): Promise<NamedNetwork> {
  const judged = await Promise.all(granted.map(async (entry) => {
    const { host } = splitEntry(entry);
    if (entry === "*" || host.startsWith("[") || isIP(host) !== 0) return { entry };
    const local = (await lookUp(host)).find((address) => !isPublicAddress(address));
    return { entry, host, local };
  }));
  return {
    network: judged.filter(({ local }) => local === undefined).map(({ entry }) => entry),
    notes: judged.filter(({ local }) => local !== undefined).map(({ host, local }) =>
      `Host "${host}" is left out: it leads to the private address ${local}, which has to be granted itself`
    ),
  };
}

const LOOK_UP_MS_MAX = 2000;

/** By the system's own way, `getent`: the service itself has no right to ask name servers. */
export const lookUpByGetent: LookUp = async (name) => {
  try {
    const { stdout } = await runProgram({
      command: "getent",
      args: ["ahosts", "--", name],
      timeoutMs: LOOK_UP_MS_MAX,
    });
    const lines = stdout.split("\n");
    return [...new Set(lines.map((line) => line.split(/\s/)[0] ?? "").filter((it) => it !== ""))];
  } catch {
    return [];
  }
};
