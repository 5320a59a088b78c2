/** Finds out, by trying, whether isolation level 3 works on this machine. */
import { join } from "node:path";
import type { AllowedHosts } from "@codex/service/allowed-hosts";
import type { Routes } from "../../network/egress_broker.ts";
import { lacking, type NetworkSupport } from "./network.ts";
import { findNetwork } from "./network_trial.ts";
import { ReadableCopies, samePaths } from "./readable_paths.ts";
import type { Sandbox } from "./sandbox.ts";
import { systemMounts } from "./system_mounts.ts";
import { explain, run, type TrialOptions, withTrial } from "./trial.ts";

export type Detection =
  | {
    readonly available: true;
    readonly sandbox: Sandbox;
    /** For the log at start. */
    readonly findings: string;
  }
  | { readonly available: false; readonly reason: string };

export interface DetectionOptions extends TrialOptions {
  /** The host's own data, which no sandbox shows, but for plugins below `shown`. */
  readonly hidden: string;
  readonly shown: readonly string[];
  /** Opens the ways of granted hosts. */
  readonly routes: Routes;
  /** Names that may lead into the own network. */
  readonly allowedHosts: AllowedHosts;
}

export async function detectSandbox(options: DetectionOptions): Promise<Detection> {
  if (Deno.build.os !== "linux") return missing("only Linux has sandboxes");
  const { findProgram, folder, hidden, shown } = options;
  const [bwrapPath, prlimitPath, dashPath] = await Promise.all(
    ["bwrap", "prlimit", "dash"].map(findProgram),
  );
  if (bwrapPath === undefined) {
    return missing("bubblewrap is not installed (on Debian: apt-get install bubblewrap)");
  }
  if (prlimitPath === undefined) {
    return missing("prlimit is not installed (on Debian: apt-get install util-linux)");
  }
  await Deno.mkdir(folder, { recursive: true });
  await Deno.chmod(folder, 0o755);
  const sandbox: Sandbox = {
    bwrapPath,
    prlimitPath,
    dashPath,
    user: options.user,
    paths: await readablePaths(options),
    systemMounts: await systemMounts(folder, hidden),
    network: { hosts: lacking(UNTRIED), everyHost: lacking(UNTRIED) },
    hidden,
    shown,
  };
  const fault = await trySandbox(sandbox, options);
  if (fault !== undefined) return missing(`bubblewrap does not work here: ${fault}`);
  const network = await findNetwork(sandbox, options);
  return { available: true, sandbox: { ...sandbox, network }, findings: tellFindings(network) };
}

const UNTRIED = "it was not tried yet";

function tellFindings({ hosts, everyHost }: NetworkSupport): string {
  const start = "Plugins run in sandboxes (level 3)";
  if (!hosts.available) return `${start}, without network: ${hosts.reason}`;
  return everyHost.available
    ? `${start}, with networks of their own`
    : `${start}, with granted hosts by name; the network "*" can't be given: ${everyHost.reason}`;
}

function missing(reason: string): Detection {
  return { available: false, reason };
}

async function readablePaths({ user, folder, findProgram }: DetectionOptions) {
  if (user === undefined) return samePaths;
  const copies = join(folder, "copies");
  await Deno.mkdir(copies, { recursive: true });
  await Deno.chmod(copies, 0o755);
  const paths = new ReadableCopies(copies, await findProgram("ln"));
  await paths.removeUnused(Date.now());
  return paths;
}

/** Undefined if a program in the sandbox can write into its data folder, and nowhere else. */
async function trySandbox(
  sandbox: Sandbox,
  options: DetectionOptions,
): Promise<string | undefined> {
  const touch = await options.findProgram("touch");
  if (touch === undefined) return 'there is no program "touch" to try it with';
  return await withTrial(sandbox, options, async (plan, data) => {
    const place = `${data}/written`;
    const outcome = await run(await plan(touch, [place], []));
    if (outcome.text !== "" || !outcome.success) return explain(outcome.text);
    const written = await Deno.lstat(place).catch(() => undefined);
    return written === undefined ? "a program in it wrote nothing" : undefined;
  });
}
