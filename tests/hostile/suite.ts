/** Runs the table of cases as test steps. */
import { Arena, type ArenaOptions } from "./arena.ts";
import type { HostileCase, Level } from "./hostile_case.ts";
import { isGrantable } from "./network_tools.ts";
import { runTrial, type TrialPlan } from "./trial.ts";
import type { Runtime } from "./rogue/installation.ts";

/** Most trials wait for a deadline most of the time. */
const AT_A_TIME = 5;
const HEAVY_AT_A_TIME = 2;

/**
 * The trials of `cases` at `levels`, each with a plugin of its own.
 *
 * @param wanted parts of names; empty for all
 */
export function planTrials(
  cases: readonly HostileCase[],
  levels: readonly Level[],
  wanted: readonly string[] = Deno.args,
): TrialPlan[] {
  const picked = cases.filter(({ name }) =>
    wanted.length === 0 || wanted.some((part) => name.includes(part))
  );
  const plans = picked.flatMap((hostileCase) =>
    Object.entries(hostileCase.holds).flatMap(([runtime, itsLevels]) =>
      itsLevels.filter((level) => levels.includes(level)).map((level) => ({
        hostileCase,
        level,
        runtime: runtime as Runtime,
      }))
    )
  );
  // The same suite may run twice on one machine, and processes are told by these names.
  const run = crypto.randomUUID().slice(0, 8);
  return plans.map((plan, index) => ({
    ...plan,
    name: nameOf(plan.hostileCase, `${run}-${index}`),
  }));
}

/** Runs all trials on one platform, several at a time. */
export async function runTrials(
  t: Deno.TestContext,
  options: ArenaOptions,
): Promise<void> {
  await using arena = await Arena.open(options);
  const [heavy = [], others = []] = [true, false].map((isHeavy) =>
    options.plans.filter(({ hostileCase }) => (hostileCase.isHeavy === true) === isHeavy)
  );
  await runSideBySide(t, arena, others, AT_A_TIME);
  await runSideBySide(t, arena, heavy, HEAVY_AT_A_TIME);
}

async function runSideBySide(
  t: Deno.TestContext,
  arena: Arena,
  plans: readonly TrialPlan[],
  atATime: number,
): Promise<void> {
  const waiting = [...plans];
  const worker = async () => {
    for (let plan = waiting.shift(); plan !== undefined; plan = waiting.shift()) {
      await runStep(t, arena, plan);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}

async function runStep(t: Deno.TestContext, arena: Arena, plan: TrialPlan): Promise<void> {
  const { level, runtime, hostileCase } = plan;
  await t.step({
    name: `level ${level}, ${runtime}: ${hostileCase.name}`,
    ignore: !isGrantable(plan),
    fn: () => runTrial(arena, plan),
    // Steps run side by side, which sanitizers don't allow for.
    sanitizeOps: false,
    sanitizeResources: false,
    sanitizeExit: false,
  });
}

/** As long as plugin names may be, and never part of another. */
function nameOf({ name }: HostileCase, number: string): string {
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").slice(0, 36);
  return `hostile-${number}-${slug}`.replace(/-+$/, "");
}
