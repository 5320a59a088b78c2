/**
 * Open files that whoever started the host left to it, as `flock` and shells do. They would pass on
 * to every plugin, through a sandbox as well: bubblewrap closes nothing, and from a folder that is
 * open a plugin reaches every file of the machine.
 */
import { runProgram } from "@codex/service/program";
import type { LaunchPlan } from "../launch_plan.ts";

/** What plugins must not get, and the shell that closes it. */
export interface Inherited {
  readonly descriptors: readonly number[];
  readonly shellPath: string;
}

/** Deno opens nothing that a child would inherit, so this is the same for every child. */
const LIST = `for path in /proc/self/fd/*; do [ -L "$path" ] && echo "\${path##*/}"; done; true`;
const LIST_MS_MAX = 10_000;

/** Input, output and errors are the plugin's own. */
const OWN_MAX = 2;
/** What POSIX has every shell close: more digits are a matter of the shell. */
const ONE_DIGIT_MAX = 9;

/**
 * Asks a child what it got.
 *
 * @returns undefined where nothing is inherited, or the system doesn't tell
 * @throws Error with what to do where it can't be closed
 */
export async function findInherited(
  findProgram: (name: string) => Promise<string | undefined>,
): Promise<Inherited | undefined> {
  const sh = await findProgram("sh");
  if (sh === undefined) return undefined;
  const { stdout } = await runProgram({
    command: sh,
    args: ["-c", LIST],
    timeoutMs: LIST_MS_MAX,
  });
  const descriptors = stdout.split("\n").filter((line) => /^\d+$/.test(line)).map(Number)
    .filter((descriptor) => descriptor > OWN_MAX);
  if (descriptors.length === 0) return undefined;
  if (descriptors.every((descriptor) => descriptor <= ONE_DIGIT_MAX)) {
    return { descriptors, shellPath: sh };
  }
  const shellPath = await findProgram("bash");
  if (shellPath !== undefined) return { descriptors, shellPath };
  throw new Error(
    `What started Codex left open files to it, with the numbers ${descriptors.join(", ")}, which ` +
      "plugins would get: start it without them, or install bash, which closes them",
  );
}

/** The same plan, begun with nothing but its own pipes. */
export function withoutInherited(plan: LaunchPlan, inherited: Inherited | undefined): LaunchPlan {
  if (inherited === undefined) return plan;
  const closing = inherited.descriptors.map((descriptor) => `${descriptor}>&-`).join(" ");
  // A shell adds variables of its own to an environment that is to hold nothing else.
  const added = ["OLDPWD", "PWD", "SHLVL", "_"].filter((name) => !(name in plan.env));
  // It would take a path with this sign for a variable.
  const cleaner = plan.command.includes("=")
    ? []
    : ["/usr/bin/env", ...added.flatMap((name) => ["-u", name])];
  return {
    ...plan,
    command: inherited.shellPath,
    args: ["-c", `exec ${closing}\nexec "$@"`, "sh", ...cleaner, plan.command, ...plan.args],
  };
}
