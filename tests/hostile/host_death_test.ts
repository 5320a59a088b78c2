/** kill -9 of plugin-host with calls under way. */
import assert from "node:assert/strict";
import { runProgram } from "@codex/service/program";
import { requireTool } from "../../infra/test/tools.ts";
import { Arena } from "./arena.ts";
import type { HostileCase, Level } from "./hostile_case.ts";
import { answers } from "./outcome.ts";
import { pidOfService } from "./process_watch.ts";
import { planTrials } from "./suite.ts";
import { Trial } from "./trial.ts";

/** Of the calls under way; far beyond what a caller should wait. */
const TIMEOUT_SECONDS = 120;
/** The supervisor waits, starts plugin-host again, and that ends what was left behind. */
const BACK_WITHIN_MS = 60_000;
/** Long before the deadline. */
const TOLD_WITHIN_MS = 20_000;
const HANGING_CALLS = 2;

const hangs: HostileCase = {
  name: "never answers",
  holds: { node: [1, 3], deno: [2, 3] },
  timeoutSeconds: TIMEOUT_SECONDS,
  // So that at level 3 there are forwarders, which have to end as well, and the broker.
  network: () => ["a.example", "127.0.0.1:9"],
  program: {
    call: async (it) => {
      if (it.params.query !== "hang") return it.answer("fine");
      await it.complain("It hangs\n");
    },
  },
  promise: () => Promise.resolve(),
};

const hangsWithChildren: HostileCase = {
  ...hangs,
  name: "never answers, with a child that ignores the end of its input",
  holds: { node: [1, 3] },
  program: {
    call: async (it) => {
      if (it.params.query !== "hang") return it.answer("fine");
      await it.spawn("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
      await it.complain("It hangs\n");
    },
    outlivesStdin: true,
  },
};

async function survivesHostDeath(sandbox: "off" | "require", levels: readonly Level[]) {
  const plans = planTrials([hangs, hangsWithChildren], levels, []);
  await using arena = await Arena.open({ sandbox, plans });
  const trials = plans.map((plan) => new Trial(arena, arena.idOf(plan.name), plan));
  for (const trial of trials) {
    await trial.arm();
    answers(await trial.call());
  }
  const before = await pidOfService(arena.platform, "plugin-host");
  const hanging = Promise.all(
    trials.flatMap((trial) => Array.from({ length: HANGING_CALLS }, () => trial.call("hang"))),
  );
  hanging.catch(() => {});
  for (const trial of trials) await trial.logHolds(/^It hangs$/, HANGING_CALLS);

  const brokers = await runningBrokers(before);
  assert.equal(brokers.length, levels.includes(3) ? 1 : 0);

  const killedAt = performance.now();
  Deno.kill(before, "SIGKILL");
  for (const outcome of await hanging) {
    assert.ok(outcome.problem, `A call was answered: ${JSON.stringify(outcome)}`);
  }
  assert.ok(performance.now() - killedAt < TOLD_WITHIN_MS, "Callers were told too late");

  for (const trial of trials) {
    await trial.isGone(BACK_WITHIN_MS);
    answers(await firstAnswer(trial), "fine", BACK_WITHIN_MS);
  }
  for (const { folder } of brokers) {
    await assert.rejects(Deno.stat(folder), Deno.errors.NotFound, "The broker left its sockets");
  }
  assert.notEqual(await pidOfService(arena.platform, "plugin-host"), before);
}

/** The egress brokers of a plugin-host, with the folders of their sockets. */
async function runningBrokers(host: number) {
  const { stdout } = await runProgram({
    command: "ps",
    args: ["-ww", "-o", "pid=,args=", "--ppid", String(host)],
    timeoutMs: TOLD_WITHIN_MS,
  });
  return stdout.split("\n").flatMap((line) => {
    const folder = /--allow-write=(\/tmp\/codex-egress-\w+)/.exec(line)?.[1];
    return folder === undefined ? [] : [{ folder }];
  });
}

/** Asks until plugin-host is back. */
async function firstAnswer(trial: Trial) {
  const deadline = performance.now() + BACK_WITHIN_MS;
  for (;;) {
    const outcome = await trial.call();
    if (outcome.problem === undefined || performance.now() > deadline) return outcome;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

Deno.test(
  "kill -9 of plugin-host: every caller is told, no plugin is left, the next call works",
  () => survivesHostDeath("off", [1, 2]),
);

Deno.test({
  name: "kill -9 of plugin-host leaves nothing of a sandbox either",
  ignore: ["bwrap", "socat", "ip"].some((tool) => requireTool(tool) === "skip"),
  fn: () => survivesHostDeath("require", [3]),
});
