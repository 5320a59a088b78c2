/** What a run tells about single entries: as much as a person reads. */
import type { SyncNote } from "@codex/protocol";
import { storableText } from "./storable_text.ts";

export const NOTES_MAX = 100;
const DETAIL_CHARS_MAX = 500;

export interface Notes {
  readonly notes: readonly SyncNote[];
  readonly truncated: boolean;
}

export function addNotes(kept: Notes, more: readonly SyncNote[]): Notes {
  const room = NOTES_MAX - kept.notes.length;
  const added = more.slice(0, room).map((note) => ({
    ...note,
    detail: storableText(note.detail, DETAIL_CHARS_MAX),
  }));
  return {
    notes: added.length === 0 ? kept.notes : [...kept.notes, ...added],
    truncated: kept.truncated || more.length > room,
  };
}
