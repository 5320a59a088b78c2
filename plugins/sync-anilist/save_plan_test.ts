import assert from "node:assert/strict";
import fc from "fast-check";
import type { SyncEntry } from "@codex/plugin-sdk";
import type { RemoteEntry, RemoteMedia } from "./remote_media.ts";
import { mediaAfter, planSave } from "./save_plan.ts";
import { readSettings } from "./settings.ts";

const NOW = Date.UTC(2026, 5, 1);

const emptyEntry: RemoteEntry = {
  status: "CURRENT",
  progress: 0,
  progressVolumes: 0,
  scoreRaw: 0,
  notes: undefined,
  hasStarted: false,
  hasCompleted: false,
  private: false,
  hiddenFromStatusLists: false,
  updatedAt: 0,
};

function media(entry: Partial<RemoteEntry> | null, totals: Partial<RemoteMedia> = {}): RemoteMedia {
  return {
    id: 7,
    totalChapters: undefined,
    totalVolumes: undefined,
    ...totals,
    entry: entry && { ...emptyEntry, ...entry },
  };
}

function plan(entry: Partial<SyncEntry>, found: RemoteMedia, config = {}) {
  const whole: SyncEntry = { externalId: "7", status: "reading", ...entry };
  return planSave(whole, found, readSettings(config), NOW);
}

Deno.test("a new entry is saved with all that is known", () => {
  const save = plan({
    status: "completed",
    progress: { volumes: 3, maxVolume: 3 },
    score: 87.4,
    notes: " Good ",
    startedAt: "2026-01-02T00:00:00Z",
    completedAt: "2026-02-03T00:00:00Z",
  }, media(null));
  assert.deepEqual(save, {
    mediaId: 7,
    status: "COMPLETED",
    progressVolumes: 3,
    scoreRaw: 87,
    notes: "Good",
    startedAt: { year: 2026, month: 1, day: 2 },
    completedAt: { year: 2026, month: 2, day: 3 },
  });
});

Deno.test("only what is new is saved, and nothing when AniList has it all", () => {
  const entry = { progress: { volumes: 4 }, score: 80, notes: "a\nb" };
  const same = { progressVolumes: 4, scoreRaw: 80, notes: "a\r\nb" };
  assert.equal(plan(entry, media(same)), null);
  assert.deepEqual(plan(entry, media({ ...same, progressVolumes: 3 })), {
    mediaId: 7,
    progressVolumes: 4,
  });
  assert.deepEqual(plan(entry, media({ ...same, scoreRaw: 79 })), { mediaId: 7, scoreRaw: 80 });
});

Deno.test("progress at AniList is never lowered, and ours doesn't go beyond the work", () => {
  assert.equal(plan({ progress: { volumes: 2 } }, media({ progressVolumes: 9 })), null);
  const totals = { totalVolumes: 10 };
  const past = plan({ progress: { volumes: 14 } }, media({ progressVolumes: 9 }, totals));
  assert.deepEqual(past, { mediaId: 7, progressVolumes: 10 });
  assert.equal(plan({ progress: { volumes: 14 } }, media({ progressVolumes: 12 }, totals)), null);
});

Deno.test("a reread keeps its own progress", () => {
  const reread = media({ status: "REPEATING", progressVolumes: 1 });
  assert.equal(plan({ status: "completed", progress: { volumes: 10 } }, reread), null);
  assert.deepEqual(plan({ status: "completed", score: 90 }, reread), { mediaId: 7, scoreRaw: 90 });
});

Deno.test("a score or note that is missing takes nothing away", () => {
  const rated = media({ scoreRaw: 90, notes: "Mine" });
  for (const entry of [{}, { score: 0, notes: "  " }]) assert.equal(plan(entry, rated), null);
});

Deno.test("notes are cut at AniList's 6,000 characters, not within one", () => {
  const long = plan({ notes: "x".repeat(7_000) }, media({}));
  assert.equal(long?.notes?.length, 6_000);
  const split = plan({ notes: `${"x".repeat(5_999)}😀` }, media({}));
  assert.equal(split?.notes, "x".repeat(5_999));
});

Deno.test("dates fill gaps only, and a completion date needs a completed entry", () => {
  const dates = { startedAt: "2026-01-02T00:00:00Z", completedAt: "2026-02-03T00:00:00Z" };
  assert.deepEqual(plan(dates, media({})), {
    mediaId: 7,
    startedAt: { year: 2026, month: 1, day: 2 },
  });
  assert.equal(plan(dates, media({ hasStarted: true })), null);
  const completed = media({ status: "COMPLETED", hasStarted: true, hasCompleted: true });
  assert.equal(plan({ ...dates, status: "completed" }, completed), null);
});

Deno.test("visibility changes only when asked, and only to hide", () => {
  const shown = media({});
  assert.equal(plan({}, shown), null);
  const both = { private: true, hiddenFromStatusLists: true };
  assert.deepEqual(plan({}, shown, both), { mediaId: 7, ...both });
  assert.equal(plan({}, media(both), both), null);
  assert.equal(plan({}, media(both)), null);
});

Deno.test("property: nothing is lowered, no status goes back, and a second save finds nothing to do", () => {
  const count = fc.nat({ max: 30 });
  const remote = fc.option(fc.record({
    status: fc.constantFrom("CURRENT", "PLANNING", "COMPLETED", "DROPPED", "PAUSED", "REPEATING"),
    progress: count,
    progressVolumes: count,
    scoreRaw: fc.nat({ max: 100 }),
    notes: fc.constantFrom(undefined, "a", "b"),
    hasStarted: fc.boolean(),
    hasCompleted: fc.boolean(),
    private: fc.boolean(),
    hiddenFromStatusLists: fc.boolean(),
    updatedAt: fc.nat({ max: 400 }).map((days) => NOW - days * 86_400_000),
  }));
  const entry = fc.record({
    externalId: fc.constant("7"),
    status: fc.constantFrom("reading", "completed", "on_hold", "dropped", "plan_to_read"),
    progress: fc.record({ volumes: count, maxVolume: count, maxChapter: count }, {
      requiredKeys: [],
    }),
    score: fc.nat({ max: 100 }),
    notes: fc.constantFrom(undefined, "a", "b"),
    startedAt: fc.constant("2026-01-01T00:00:00Z"),
    completedAt: fc.constant("2026-02-01T00:00:00Z"),
    latestUpdatedAt: fc.nat({ max: 400 }).map((days) =>
      new Date(NOW - days * 86_400_000).toISOString()
    ),
  });
  const config = fc.record({
    progressUnit: fc.constantFrom("volumes", "chapters"),
    pauseAfterDays: fc.nat({ max: 100 }),
    dropAfterDays: fc.nat({ max: 100 }),
    private: fc.boolean(),
    hiddenFromStatusLists: fc.boolean(),
  });
  const total = fc.option(count, { nil: undefined });
  fc.assert(fc.property(remote, entry, config, total, total, (found, ours, given, t1, t2) => {
    const before = media(found, { totalVolumes: t1 || undefined, totalChapters: t2 || undefined });
    const save = plan(ours as SyncEntry, before, given);
    if (save === null) return;
    const after = mediaAfter(before, save);
    assert.ok((save.progress ?? Infinity) > (before.entry?.progress ?? -1));
    assert.ok((save.progressVolumes ?? Infinity) > (before.entry?.progressVolumes ?? -1));
    if (before.entry?.status === "COMPLETED") assert.equal(after.entry?.status, "COMPLETED");
    if (before.entry?.status === "REPEATING") assert.equal(after.entry?.status, "REPEATING");
    assert.equal(plan(ours as SyncEntry, after, given), null);
  }));
});
