import assert from "node:assert/strict";
import { quietLogger } from "@codex/service";
import { type Schedule, startSweeping } from "./sweeper.ts";

/** Keeps tasks until the test runs them. */
function manualSchedule() {
  const tasks = new Set<() => void>();
  const schedule: Schedule = (task) => {
    tasks.add(task);
    return () => tasks.delete(task);
  };
  const runNext = () => {
    const [task] = tasks;
    assert.ok(task, "Nothing is scheduled");
    tasks.delete(task);
    task();
  };
  return { tasks, schedule, runNext };
}

const settled = () => new Promise<void>((resolve) => setTimeout(resolve));

Deno.test("one sweep follows the end of the other, a failed one too", async () => {
  const { tasks, schedule, runNext } = manualSchedule();
  let sweeps = 0;
  const stop = startSweeping({
    schedule,
    logger: quietLogger(),
    sweep: () => ++sweeps === 1 ? Promise.reject(new Error("gone")) : Promise.resolve(3),
  });
  for (let i = 1; i <= 3; i++) {
    runNext();
    await settled();
    assert.equal(sweeps, i);
  }
  await stop();
  assert.equal(tasks.size, 0);
});

Deno.test("stopping waits for the sweep under way and starts no other", async () => {
  const { tasks, schedule, runNext } = manualSchedule();
  const sweep = Promise.withResolvers<number>();
  const stop = startSweeping({ schedule, logger: quietLogger(), sweep: () => sweep.promise });
  runNext();
  let stopped = false;
  const stopping = stop().then(() => stopped = true);
  await settled();
  assert.equal(stopped, false);
  sweep.resolve(0);
  await stopping;
  assert.equal(tasks.size, 0);
});
