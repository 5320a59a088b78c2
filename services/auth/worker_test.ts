import { equal } from "node:assert/strict";
import { quietLogger } from "@codex/service";
import { startWorker } from "./worker.ts";

const HOUR_MS = 3_600_000;

Deno.test("a nudge during a run leads to exactly one more run", async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let runs = 0;
  const secondRun = Promise.withResolvers<void>();
  const worker = startWorker({
    name: "test",
    intervalMs: HOUR_MS,
    logger: quietLogger(),
    run: () => {
      if (runs === 1) secondRun.resolve();
      return gates[runs++]!.promise;
    },
  });
  worker.nudge();
  worker.nudge();
  equal(runs, 1);
  gates[0]!.resolve();
  await secondRun.promise;
  gates[1]!.resolve();
  await worker.stop();
  equal(runs, 2);
});

Deno.test("a run that fails does not end the worker, and a stopped one runs no more", async () => {
  let runs = 0;
  const second = Promise.withResolvers<void>();
  const worker = startWorker({
    name: "test",
    intervalMs: 1,
    logger: quietLogger(),
    run: () => {
      if (++runs === 2) second.resolve();
      return Promise.reject(new Error("broken"));
    },
  });
  await second.promise;
  await worker.stop();
  const ran = runs;
  worker.nudge();
  await worker.stop();
  equal(runs, ran);
});
