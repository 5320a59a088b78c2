/** How strongly plugins are confined (security.md "Isolation"): the admin's wish, and what it means for one plugin. */
import { z } from "zod";

/** `CODEX_PLUGIN_SANDBOX`. */
export const SandboxMode = z.enum(["auto", "require", "off"], {
  error: "Must be auto, require or off",
});
export type SandboxMode = z.infer<typeof SandboxMode>;

/** Whether this machine can give level 3, found out once at start. */
export type SandboxSupport =
  | { readonly available: true }
  | { readonly available: false; readonly reason: string };

/** Until there is a launcher for it. */
export const NO_SANDBOX: SandboxSupport = {
  available: false,
  reason: "this version of the host has no level 3 launcher",
};

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
}

/** Chooses the level one plugin runs at, or says why it doesn't run and what to do. */
export function chooseIsolation(question: IsolationQuestion): IsolationChoice {
  const { mode, support, runtime, command, allowUnsandboxed } = question;
  if (mode !== "off" && support.available) {
    return { runnable: true, level: 3, reason: "Runs in a sandbox of its own" };
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
      reason: "Deno's permissions confine it to its folder, its data and the granted hosts",
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
