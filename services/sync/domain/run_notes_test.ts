import assert from "node:assert/strict";
import { addNotes, NOTES_MAX } from "./run_notes.ts";

Deno.test("a run keeps the first notes and says that there were more", () => {
  const notes = Array.from({ length: 70 }, (_, index) => ({ detail: `${index}` }));
  const once = addNotes({ notes: [], truncated: false }, notes);
  assert.deepEqual([once.notes.length, once.truncated], [70, false]);
  const twice = addNotes(once, notes);
  assert.deepEqual([twice.notes.length, twice.truncated], [NOTES_MAX, true]);
});
