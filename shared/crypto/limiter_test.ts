import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { createLimiter } from "./limiter.ts";

Deno.test("no more tasks run at a time than allowed, and they start in order", async () => {
  const limited = createLimiter(2);
  const started: number[] = [];
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const done = gates.map((gate, index) =>
    limited(async () => {
      started.push(index);
      await gate.promise;
    })
  );
  await Promise.resolve();
  equal(started, [0, 1]);
  gates[1]!.resolve();
  await done[1];
  equal(started, [0, 1, 2]);
  for (const gate of gates) gate.resolve();
  await Promise.all(done);
  equal(started, [0, 1, 2, 3, 4]);
});

Deno.test("a task that fails gives its place back and its error to its caller", async () => {
  const limited = createLimiter(1);
  await rejects(limited(() => Promise.reject(new Error("first"))), /first/);
  equal(await limited(() => Promise.resolve("second")), "second");
});
