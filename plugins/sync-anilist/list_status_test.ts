import assert from "node:assert/strict";
import type { ReadingStatus } from "@codex/plugin-sdk";
import { listStatusOf, type StatusQuestion } from "./list_status.ts";
import type { RemoteEntry } from "./remote_media.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);

function remote(status: string | undefined, updatedDaysAgo = 1_000): RemoteEntry {
  return {
    status,
    progress: 0,
    progressVolumes: 0,
    scoreRaw: 0,
    notes: undefined,
    hasStarted: false,
    hasCompleted: false,
    private: false,
    hiddenFromStatusLists: false,
    updatedAt: NOW - updatedDaysAgo * DAY_MS,
  };
}

function statusOf(
  status: ReadingStatus,
  question: Partial<StatusQuestion> & { idleDays?: number } = {},
): string {
  const { idleDays = 0, ...given } = question;
  return listStatusOf({
    entry: {
      externalId: "1",
      status,
      latestUpdatedAt: new Date(NOW - idleDays * DAY_MS).toISOString(),
    },
    remote: null,
    isAhead: false,
    isBehind: false,
    settings: { pauseAfterDays: 0, dropAfterDays: 0 },
    now: NOW,
    ...given,
  });
}

Deno.test("a new entry gets the status of Codex", () => {
  const statuses: [ReadingStatus, string][] = [
    ["reading", "CURRENT"],
    ["completed", "COMPLETED"],
    ["on_hold", "PAUSED"],
    ["dropped", "DROPPED"],
    ["plan_to_read", "PLANNING"],
  ];
  for (const [ours, theirs] of statuses) {
    assert.equal(statusOf(ours), theirs);
    assert.equal(statusOf(ours, { remote: remote("PLANNING") }), theirs);
    assert.equal(statusOf(ours, { remote: remote(undefined) }), theirs);
  }
});

Deno.test("what is completed, or being reread, stays so", () => {
  const all: ReadingStatus[] = ["reading", "completed", "on_hold", "dropped", "plan_to_read"];
  for (const status of all) {
    for (const kept of ["COMPLETED", "REPEATING"]) {
      assert.equal(statusOf(status, { remote: remote(kept), isAhead: true }), kept);
    }
  }
});

Deno.test("what was paused or dropped at AniList goes on only when Codex has read further", () => {
  for (const halted of ["PAUSED", "DROPPED"]) {
    assert.equal(statusOf("reading", { remote: remote(halted) }), halted);
    assert.equal(statusOf("reading", { remote: remote(halted), isAhead: true }), "CURRENT");
    assert.equal(statusOf("completed", { remote: remote(halted) }), "COMPLETED");
    assert.equal(statusOf("plan_to_read", { remote: remote(halted) }), halted);
  }
  assert.equal(statusOf("dropped", { remote: remote("PAUSED") }), "DROPPED");
  assert.equal(statusOf("on_hold", { remote: remote("DROPPED") }), "DROPPED");
});

Deno.test("a plan never replaces what is being read, and a status unknown here is left alone", () => {
  assert.equal(statusOf("plan_to_read", { remote: remote("CURRENT") }), "CURRENT");
  assert.equal(statusOf("completed", { remote: remote("ARCHIVED") }), "ARCHIVED");
});

Deno.test("a series not read for long is paused or dropped; dropping wins; 0 is never", () => {
  const after = (pauseAfterDays: number, dropAfterDays: number, idleDays: number) =>
    statusOf("reading", { settings: { pauseAfterDays, dropAfterDays }, idleDays });
  assert.equal(after(0, 0, 10_000), "CURRENT");
  assert.equal(after(30, 0, 29), "CURRENT");
  assert.equal(after(30, 0, 30), "PAUSED");
  assert.equal(after(30, 90, 89), "PAUSED");
  assert.equal(after(30, 90, 90), "DROPPED");
  assert.equal(after(30, 30, 30), "DROPPED");
  assert.equal(after(0, 30, 30), "DROPPED");
});

Deno.test("idle days halt what AniList has as current, and leave completed series alone", () => {
  const settings = { pauseAfterDays: 30, dropAfterDays: 0 };
  const question = { settings, idleDays: 40 };
  assert.equal(statusOf("reading", { ...question, remote: remote("CURRENT") }), "PAUSED");
  assert.equal(statusOf("completed", { ...question, remote: remote("CURRENT") }), "COMPLETED");
  assert.equal(statusOf("reading", { ...question, remote: remote("DROPPED") }), "DROPPED");
});

Deno.test("who has read further at AniList isn't idle while that is recent", () => {
  const settings = { pauseAfterDays: 30, dropAfterDays: 0 };
  const question = { settings, idleDays: 40, isBehind: true };
  assert.equal(statusOf("reading", { ...question, remote: remote("CURRENT", 3) }), "CURRENT");
  assert.equal(statusOf("reading", { ...question, remote: remote("CURRENT", 35) }), "PAUSED");
});

Deno.test("without a time nothing is idle", () => {
  const status = listStatusOf({
    entry: { externalId: "1", status: "reading" },
    remote: null,
    isAhead: false,
    isBehind: false,
    settings: { pauseAfterDays: 1, dropAfterDays: 1 },
    now: NOW,
  });
  assert.equal(status, "CURRENT");
});
