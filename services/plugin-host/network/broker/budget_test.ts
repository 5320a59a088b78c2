import assert from "node:assert/strict";
import { Budget } from "./budget.ts";

const limits = { connectionsMax: 2, bytesMax: 3 * 1024 * 1024, windowMs: 3_600_000 };

Deno.test("as many connections may be open as the limit says, and another once one has ended", () => {
  const budget = new Budget(limits, () => 0);
  assert.equal(budget.openConnection(), undefined);
  assert.equal(budget.openConnection(), undefined);
  assert.match(budget.openConnection() ?? "", /2 connections open, which is the limit/);
  budget.closeConnection();
  assert.equal(budget.openConnection(), undefined);
});

Deno.test("bytes beyond the limit end what is open and what would open, until their time is over", () => {
  let now = 0;
  const budget = new Budget(limits, () => now);
  assert.equal(budget.takeBytes(2 * 1024 * 1024), undefined);
  const told = /moved 3 MiB within 60 min, which is the limit/;
  assert.match(budget.takeBytes(1024 * 1024) ?? "", told);
  now = limits.windowMs - 1;
  assert.match(budget.openConnection() ?? "", told);
  now = limits.windowMs;
  assert.equal(budget.openConnection(), undefined);
  assert.equal(budget.takeBytes(1024 * 1024), undefined);
});
