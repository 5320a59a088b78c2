import assert from "node:assert/strict";
import { ProblemError } from "@codex/service";
import { TransportError } from "../rpc/errors.ts";
import { judge, toProblem } from "./outcome.ts";

Deno.test("a call that finds the plugin's queue full is refused with a time to retry, and is no fault", () => {
  const refused = new TransportError("queue-full", "The plugin does not read its input");
  assert.equal(judge(refused, false), undefined);
  const problem = toProblem(refused, "scripted");
  assert.ok(problem instanceof ProblemError);
  assert.deepEqual([problem.code, problem.retryAfterSeconds], ["no_capacity", 2]);
});
