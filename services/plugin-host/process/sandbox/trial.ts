/** Runs programs in a sandbox to find out what works here. */
import { join } from "node:path";
import { runProgram } from "@codex/service/program";
import { makeDataFolder } from "../data_folder.ts";
import type { DenoRuntime } from "../deno_runtime.ts";
import { type LaunchPlan, plainLauncher } from "../launch_plan.ts";
import { sandboxLauncher } from "./bubblewrap.ts";
import type { Sandbox } from "./sandbox.ts";

export interface TrialOptions {
  readonly findProgram: (name: string) => Promise<string | undefined>;
  readonly denoRuntime: DenoRuntime;
  /** Takes what sandboxes need; the sandbox's user must be able to pass it. */
  readonly folder: string;
}

export const TRIAL_MS_MAX = 10_000;

export type TrialPlan = (
  path: string,
  args: readonly string[],
  network: readonly string[],
) => Promise<LaunchPlan>;

/** Runs `body` with a data folder and plans as a plugin has them. */
export async function withTrial<T>(
  sandbox: Sandbox,
  { folder, denoRuntime }: TrialOptions,
  body: (plan: TrialPlan, data: string) => Promise<T>,
): Promise<T> {
  const name = `trial-${crypto.randomUUID()}`;
  const launcher = sandboxLauncher(plainLauncher(1, denoRuntime), sandbox);
  const user = await launcher.userOf(join(folder, name));
  const data = await makeDataFolder(folder, [name], user);
  const plan: TrialPlan = (path, args, network) =>
    launcher.plan({
      target: { runtime: "other", path, args },
      pluginFolder: null,
      workingDirectory: data,
      environment: {},
      network,
      folders: { data, denoDir: `${data}-cache` },
      user,
    });
  try {
    return await body(plan, data);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

export interface Outcome {
  readonly success: boolean;
  /** All that was printed. */
  readonly text: string;
}

/** Runs a plan to its end, and what has to be cleaned up after it; `signal` ends it. Never rejects. */
export async function run(plan: LaunchPlan, signal?: AbortSignal): Promise<Outcome> {
  try {
    const { success, isLate, stdout, stderr } = await runProgram({
      command: plan.command,
      args: plan.args,
      cwd: plan.workingDirectory,
      env: plan.env,
      user: plan.sandbox?.user,
      timeoutMs: TRIAL_MS_MAX,
      ...(signal !== undefined && { signal }),
    });
    const text = (stdout + stderr).trim();
    return { success, text: isLate ? `no end within ${TRIAL_MS_MAX / 1000} s. ${text}` : text };
  } catch (error) {
    return { success: false, text: error instanceof Error ? error.message : String(error) };
  } finally {
    await plan.cleanUp?.();
  }
}

/** What a failed trial printed, and what to do where that is known. */
export function explain(text: string): string {
  const lines = text.split("\n");
  // A container has no syslog, which pasta complains of before all else.
  const line = lines.find((it) => it !== "" && !/ to syslog$/.test(it)) ?? lines[0] ?? "";
  const remedy = REMEDIES.find(([sign]) => sign.test(line))?.[1];
  return (line || "it failed without a word") + (remedy === undefined ? "" : ` (${remedy})`);
}

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/\btun\b/, "/dev/net/tun must be there, and open to every user: chmod 0666 /dev/net/tun"],
  [
    /permission|not permitted|namespace|uid map|Creating new/i,
    "unprivileged user namespaces must be allowed; in a container, by its seccomp and AppArmor profiles",
  ],
];
