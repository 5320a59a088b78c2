import assert from "node:assert/strict";
import { quietLogger } from "./logger.ts";
import { repeat, repeatAll } from "./repeated_task.ts";

const HOUR_MS = 3_600_000;

Deno.test("runs follow each other without overlap, and one that fails ends nothing", async () => {
  let runs = 0;
  let atOnce = 0;
  let most = 0;
  const third = Promise.withResolvers<void>();
  const repetition = repeat({
    name: "test",
    everyMs: 1,
    async run() {
      most = Math.max(most, ++atOnce);
      await Promise.resolve();
      atOnce--;
      if (++runs === 3) third.resolve();
      throw new Error("broken");
    },
  }, quietLogger());
  assert.equal(runs, 0);
  await third.promise;
  await repetition.stop();
  assert.equal(most, 1);
  const ran = runs;
  repetition.nudge();
  await repetition.stop();
  assert.equal(runs, ran);
});

Deno.test("a nudge runs the task at once, one during a run exactly once more", async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let runs = 0;
  const repetition = repeat({
    name: "test",
    everyMs: HOUR_MS,
    run() {
      begun[runs]?.resolve();
      return gates[runs++]?.promise ?? Promise.resolve();
    },
  }, quietLogger());
  repetition.nudge();
  await begun[0]?.promise;
  repetition.nudge();
  repetition.nudge();
  assert.equal(runs, 1);
  gates[0]?.resolve();
  await begun[1]?.promise;
  gates[1]?.resolve();
  await repetition.stop();
  assert.equal(runs, 2);
});

Deno.test("stopping waits for the runs under way", async () => {
  const gate = Promise.withResolvers<void>();
  const task = { everyMs: HOUR_MS, isDueAtStart: true, run: () => gate.promise } as const;
  const tasks = [{ name: "a", ...task }, { name: "b", ...task }];
  const stop = repeatAll(tasks, quietLogger());
  let isStopped = false;
  const stopping = stop().then(() => isStopped = true);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(isStopped, false);
  gate.resolve();
  await stopping;
});
