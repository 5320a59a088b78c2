import assert from "node:assert/strict";
import { syncEntryOf } from "./list_entry.ts";
import { entriesOf } from "./pull.ts";

const entry = {
  id: 5,
  mediaId: 7,
  status: "CURRENT",
  score: 85,
  progress: 40,
  progressVolumes: 4,
  notes: " Good ",
  updatedAt: 1_767_225_600,
  startedAt: { year: 2025, month: 12, day: null },
  completedAt: { year: null, month: null, day: null },
  media: {
    chapters: null,
    volumes: 10,
    title: { romaji: "Romaji", english: null, native: "漫画" },
  },
};

const defined = (value: unknown) => JSON.parse(JSON.stringify(value));

Deno.test("an entry of AniList is read whole", () => {
  assert.deepEqual(defined(syncEntryOf(entry, null)), {
    externalId: "7",
    status: "reading",
    progress: { chapters: 40, volumes: 4, totalVolumes: 10 },
    score: 85,
    notes: "Good",
    startedAt: "2025-12-01T00:00:00.000Z",
    latestUpdatedAt: "2026-01-01T00:00:00.000Z",
    title: "Romaji",
  });
});

Deno.test("each status has its meaning", () => {
  const statuses = {
    CURRENT: "reading",
    REPEATING: "reading",
    COMPLETED: "completed",
    PAUSED: "on_hold",
    DROPPED: "dropped",
    PLANNING: "plan_to_read",
  };
  for (const [theirs, ours] of Object.entries(statuses)) {
    assert.equal(syncEntryOf({ ...entry, status: theirs }, null)?.status, ours);
    assert.equal(syncEntryOf({ ...entry, status: null }, theirs)?.status, ours);
  }
  for (const unknown of ["ARCHIVED", "toString", null]) {
    assert.equal(syncEntryOf({ ...entry, status: unknown }, null), undefined);
  }
});

Deno.test("whatever may be null is missing, and a score of 0 is none", () => {
  const bare = { id: 5, mediaId: 7, status: "CURRENT", score: 0, media: null };
  assert.deepEqual(defined(syncEntryOf(bare, null)), {
    externalId: "7",
    status: "reading",
    progress: { chapters: 0, volumes: 0 },
  });
  assert.equal(syncEntryOf({ ...bare, mediaId: null }, null), undefined);
});

Deno.test("an entry of several lists comes once, with the status of whichever list has one", () => {
  const hidden = { ...entry, id: 6, mediaId: 8, status: null };
  const lists = [
    null,
    { status: null, entries: [entry, hidden, null] },
    { status: "CURRENT", entries: [entry] },
    { status: "PAUSED", entries: [hidden] },
    { status: "DROPPED", entries: null },
  ];
  const { entries, skipped } = entriesOf(lists);
  assert.deepEqual(entries.map(({ externalId, status }) => [externalId, status]), [
    ["7", "reading"],
    ["8", "on_hold"],
  ]);
  assert.equal(skipped, 0);
  assert.deepEqual(entriesOf(null), { entries: [], skipped: 0 });
  const unknown = { ...entry, status: "ARCHIVED" };
  assert.deepEqual(entriesOf([{ entries: [unknown] }]), { entries: [], skipped: 1 });
});
