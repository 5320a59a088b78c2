/**
 * Cases in any order, again and again: without a sandbox and in it, and where the soak runs as root,
 * both once more as a user that isn't.
 */
import { requireTool } from "../../infra/test/tools.ts";
import type { Soak, SoakRun } from "../soak/soak.ts";
import { Arena } from "./arena.ts";
import { soakAsOrdinaryUser } from "./ordinary_user.ts";
import { isGrantable } from "./network_tools.ts";
import { planTrials } from "./suite.ts";
import { HOSTILE_CASES } from "./table.ts";
import { runTrial, type TrialPlan } from "./trial.ts";

const AT_A_TIME = 4;

export const hostileSoak: Soak = async (run) => {
  if (Deno.uid() !== 0) return await soakAsThisUser(run);
  const half = { ...run, durationMs: run.durationMs / 2 };
  await soakAsThisUser(half);
  await soakAsOrdinaryUser(half);
};

/** First without a sandbox, then, where there is one, in it. */
async function soakAsThisUser(run: SoakRun): Promise<void> {
  const isSandboxed = requireTool("bwrap") === "present";
  const half = { ...run, durationMs: isSandboxed ? run.durationMs / 2 : run.durationMs };
  await soakIn("off", planTrials(HOSTILE_CASES, [1, 2], []), half);
  if (isSandboxed) {
    await soakIn("require", planTrials(HOSTILE_CASES, [3], []).filter(isGrantable), half);
  }
}

async function soakIn(
  sandbox: "off" | "require",
  plans: readonly TrialPlan[],
  { durationMs, random, say }: SoakRun,
): Promise<void> {
  await using arena = await Arena.open({ sandbox, plans });
  const deadline = performance.now() + durationMs;
  const order = shuffled(plans, random);
  let trials = 0;
  const worker = async () => {
    while (performance.now() < deadline) {
      const { value: plan } = order.next();
      await runTrial(arena, plan, true).catch((error) => {
        throw new Error(`Level ${plan.level}, ${plan.runtime}: ${plan.hostileCase.name}`, {
          cause: error,
        });
      });
      trials++;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  const user = Deno.uid() === 0 ? "root" : "an ordinary user";
  say(`${trials} trials as ${user}, with the sandbox ${sandbox === "off" ? "off" : "on"}`);
}

/** All in any order, then all again in another. No plugin comes twice within as many as run at a time. */
function* shuffled(
  plans: readonly TrialPlan[],
  random: () => number,
): Generator<TrialPlan, never> {
  let latest: readonly TrialPlan[] = [];
  for (;;) {
    const order = plans.map((plan) => ({ plan, key: random() }))
      .sort((a, b) =>
        Number(latest.includes(a.plan)) - Number(latest.includes(b.plan)) || a.key - b.key
      )
      .map(({ plan }) => plan);
    yield* order;
    latest = order.slice(-AT_A_TIME);
  }
}
