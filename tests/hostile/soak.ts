/** Cases in any order, again and again, on one platform. */
import { requireTool } from "../../infra/test/tools.ts";
import type { Soak, SoakRun } from "../soak/soak.ts";
import { Arena } from "./arena.ts";
import { planTrials } from "./suite.ts";
import { HOSTILE_CASES } from "./table.ts";
import { runTrial, type TrialPlan } from "./trial.ts";

const AT_A_TIME = 4;

/** First without a sandbox, then, where there is one, in it. */
export const hostileSoak: Soak = async (run) => {
  const isSandboxed = requireTool("bwrap") === "present";
  const half = { ...run, durationMs: isSandboxed ? run.durationMs / 2 : run.durationMs };
  await soakIn("off", planTrials(HOSTILE_CASES, [1, 2], []), half);
  if (isSandboxed) await soakIn("require", planTrials(HOSTILE_CASES, [3], []), half);
};

async function soakIn(
  sandbox: "off" | "require",
  plans: readonly TrialPlan[],
  { durationMs, random, say }: SoakRun,
): Promise<void> {
  await using arena = await Arena.open({ sandbox, plans });
  const deadline = performance.now() + durationMs;
  const busy = new Set<TrialPlan>();
  let trials = 0;
  const worker = async () => {
    while (performance.now() < deadline) {
      const free = plans.filter((plan) => !busy.has(plan));
      const plan = free[Math.floor(random() * free.length)];
      if (plan === undefined) return;
      busy.add(plan);
      await runTrial(arena, plan).catch((error) => {
        throw new Error(`Level ${plan.level}, ${plan.runtime}: ${plan.hostileCase.name}`, {
          cause: error,
        });
      });
      busy.delete(plan);
      trials++;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  say(`${trials} trials with the sandbox ${sandbox === "off" ? "off" : "on"}`);
}
