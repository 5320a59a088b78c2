/** How strongly plugins are confined (security.md "Isolation"): the admin's wish, and what it means for one plugin. */
import { basename } from "node:path";
import { z } from "zod";
import { EVERY_HOST, missingFor, type NetworkAbility } from "../domain/network_access.ts";

/** `CODEX_PLUGIN_SANDBOX`. */
export const SandboxMode = z.enum(["auto", "require", "off"], {
  error: "Must be auto, require or off",
});
export type SandboxMode = z.infer<typeof SandboxMode>;

/** Whether this machine can give level 3, found out once at start. */
export type SandboxSupport =
  | {
    readonly available: true;
    /** What of a network grant it can give. */
    readonly network: NetworkAbility;
  }
  | { readonly available: false; readonly reason: string };

export type IsolationChoice =
  | { readonly runnable: true; readonly level: 1 | 2 | 3; readonly reason: string }
  | { readonly runnable: false; readonly reason: string };

export interface IsolationQuestion {
  readonly mode: SandboxMode;
  readonly support: SandboxSupport;
  readonly runtime: "deno" | "other";
  /** The program's name as the admin wrote it, for the reason. */
  readonly command: string;
  /** The admin's per-plugin permission to run without a sandbox. */
  readonly allowUnsandboxed: boolean;
  /** Granted hosts. */
  readonly network: readonly string[];
}

/** Chooses the level one plugin runs at, or says why it doesn't run and what to do. */
export function chooseIsolation(question: IsolationQuestion): IsolationChoice {
  const { mode, support, runtime, command, allowUnsandboxed } = question;
  if (mode !== "off" && support.available) {
    const missing = missingFor(question.network, support.network);
    if (missing !== undefined) {
      return {
        runnable: false,
        reason: `The network it was granted can't be given here: ${missing}`,
      };
    }
    const network = describeNetwork(question);
    return { runnable: true, level: 3, reason: `Runs in a sandbox of its own${network}` };
  }
  if (mode === "require") {
    const missing = support.available ? "" : `: ${support.reason}`;
    return {
      runnable: false,
      reason:
        `CODEX_PLUGIN_SANDBOX is "require", and level 3 can't be given here${missing}; set it to "auto" to run Deno plugins at level 2`,
    };
  }
  if (runtime === "deno") {
    return {
      runnable: true,
      level: 2,
      reason:
        "Deno's permissions let it read its own folder, write nowhere, and reach the granted hosts",
    };
  }
  if (mode === "off") {
    return { runnable: true, level: 1, reason: 'Not confined: CODEX_PLUGIN_SANDBOX is "off"' };
  }
  if (allowUnsandboxed) {
    return { runnable: true, level: 1, reason: "Not confined: the administrator allowed it" };
  }
  const missing = support.available ? "" : `, and ${support.reason}`;
  return {
    runnable: false,
    reason:
      `Only Deno plugins can be confined here, "${command}" can't${missing}; allow it to run unsandboxed, or use a Deno plugin`,
  };
}

/** Programs that load what they run from a registry, into their cache in the data folder. */
const DOWNLOADERS: ReadonlySet<string> = new Set(["npx", "uv", "uvx"]);

function describeNetwork({ command, network }: IsolationQuestion): string {
  if (network.includes(EVERY_HOST)) return ", which reaches every public host";
  if (network.length > 0) return ", which reaches the granted hosts alone";
  return isDownloader(command)
    ? `, without network: "${
      basename(command)
    }" downloads what it runs, which needs its registry's host`
    : ", without network";
}

export function isDownloader(command: string): boolean {
  return DOWNLOADERS.has(basename(command));
}
