import assert from "node:assert/strict";
import { PluginId } from "@codex/protocol";
import { changedParts, snapshotOf, type SnapshotParts } from "./snapshot.ts";

const PARTS: SnapshotParts = {
  kind: "series",
  id: "b1b7f0f6-6b6f-4d0e-9f3c-0a4b9f0c1d2e",
  version: 3,
  locks: { title: true },
  pluginId: PluginId.parse("6f1f1a51-8a3a-4d57-9a1b-7d5a8c9e0f11"),
  externalId: "42",
  answer: { title: "A", genres: ["b"] },
  granted: new Set(["metadata:write:title"]),
};

Deno.test("the same parts give the same snapshot, whatever the order of keys", () => {
  const answer = { genres: ["b"], title: "A" };
  assert.deepEqual(changedParts(snapshotOf(PARTS), snapshotOf({ ...PARTS, answer })), []);
});

Deno.test("each part that changed is named", () => {
  const changes: [Partial<SnapshotParts>, string[]][] = [
    [{ version: 4 }, ["the stored document"]],
    [{ locks: {} }, ["its locks"]],
    [{ answer: { title: "B" } }, ["the plugin's answer"]],
    [{ externalId: "43" }, ["the plugin's answer"]],
    [{ granted: new Set() }, ["the plugin's permissions"]],
    [{ version: 9, locks: { year: true } }, ["the stored document", "its locks"]],
  ];
  for (const [change, named] of changes) {
    assert.deepEqual(changedParts(snapshotOf(PARTS), snapshotOf({ ...PARTS, ...change })), named);
  }
});

Deno.test("permissions that don't bear on the fields don't count, nor do locks that are off", () => {
  const granted = new Set(["metadata:write:title", "metadata:read", "metadata:write:isbn"]);
  const locks = { title: true, year: false };
  assert.deepEqual(changedParts(snapshotOf(PARTS), snapshotOf({ ...PARTS, granted, locks })), []);
});

Deno.test("text that no preview gave is stale too", () => {
  for (const text of ["", "stale", "2.3.a.b.c"]) {
    assert.equal(changedParts(text, snapshotOf(PARTS)).length, 1);
  }
});
