import assert from "node:assert/strict";
import type { SyncProgress } from "@codex/plugin-sdk";
import { readNumbers } from "./progress.ts";

const cases: [string, SyncProgress | undefined, object, object][] = [
  ["nothing known", undefined, {}, {}],
  ["a count of books", { volumes: 3 }, { progressVolumes: 3 }, { progress: 3 }],
  ["volumes with numbers", { volumes: 3, maxVolume: 7 }, { progressVolumes: 7 }, {
    progressVolumes: 7,
  }],
  ["chapters with numbers", { volumes: 12, maxChapter: 11.5 }, { progress: 11 }, { progress: 11 }],
  ["chapters counted", { chapters: 12 }, { progress: 12 }, { progress: 12 }],
  ["both", { volumes: 3, maxVolume: 3, maxChapter: 24 }, { progressVolumes: 3 }, { progress: 24 }],
  ["not begun", { volumes: 0 }, { progressVolumes: 0 }, { progress: 0 }],
];

for (const [name, progress, asVolumes, asChapters] of cases) {
  Deno.test(`progress, ${name}: chapters never become volumes, and the unit decides the rest`, () => {
    assert.deepEqual(readNumbers(progress, { progressUnit: "volumes" }), asVolumes);
    assert.deepEqual(readNumbers(progress, { progressUnit: "chapters" }), asChapters);
  });
}
