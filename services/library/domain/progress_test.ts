import assert from "node:assert/strict";
import { nextProgress } from "./progress.ts";

const MONDAY = "2026-01-05T00:00:00.000Z";
const TUESDAY = "2026-01-06T00:00:00.000Z";

Deno.test("the first report starts the book", () => {
  assert.deepEqual(nextProgress(undefined, { currentPage: 3 }, 300, MONDAY), {
    currentPage: 3,
    completed: false,
    startedAt: MONDAY,
    updatedAt: MONDAY,
  });
});

Deno.test("reaching the last page or 100% completes it", () => {
  assert.equal(nextProgress(undefined, { currentPage: 300 }, 300, MONDAY).completed, true);
  assert.equal(
    nextProgress(undefined, { progressPercentage: 100 }, undefined, MONDAY).completed,
    true,
  );
  assert.equal(nextProgress(undefined, { currentPage: 300 }, undefined, MONDAY).completed, false);
});

Deno.test("a completed book stays so while it is opened again, with its first time", () => {
  const done = nextProgress(undefined, { completed: true }, 300, MONDAY);
  const again = nextProgress(done, { currentPage: 5 }, 300, TUESDAY);
  assert.deepEqual([again.completed, again.completedAt, again.currentPage], [true, MONDAY, 5]);
  const undone = nextProgress(again, { completed: false }, 300, TUESDAY);
  assert.deepEqual([undone.completed, undone.completedAt, undone.currentPage], [
    false,
    undefined,
    5,
  ]);
});

Deno.test("a position replaces the former position whole", () => {
  const before = nextProgress(undefined, { currentPage: 10, progressPercentage: 3 }, 300, MONDAY);
  const after = nextProgress(before, { progressPercentage: 50 }, 300, TUESDAY);
  assert.deepEqual([after.currentPage, after.progressPercentage], [undefined, 50]);
});
