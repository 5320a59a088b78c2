/** What one act does to a stored document. */
import type { Json } from "@codex/protocol";
import type { Act, Locks, ProvenanceMap } from "./act.ts";
import { provenanceOf } from "./act.ts";
import { type Fields, isEmpty, type Kind, wordsOf } from "./document.ts";
import { titleSort } from "./title_sort.ts";

/** A document as it stands in the database. */
export interface StoredDocument {
  readonly kind: Kind;
  readonly id: string;
  readonly libraryId: string;
  /** Of a series: its own id. */
  readonly seriesId: string;
  readonly title: string;
  readonly fields: Fields;
  readonly locks: Locks;
  readonly provenance: ProvenanceMap;
  /** Counts its writes. */
  readonly version: number;
}

/** One field's change; null where it is empty. */
export interface FieldChange {
  readonly field: string;
  readonly before: Json;
  readonly after: Json;
}

export interface DocumentWrite {
  readonly act: Act;
  readonly changes: readonly FieldChange[];
  /** Fields that are locked from then on. */
  readonly lock: readonly string[];
  /** Provenance of the changed fields: the act's own, or, for a revert, what it was before. */
  readonly provenance: "of_act" | ProvenanceMap;
}

/** The document after a write. */
export interface NextDocument {
  readonly title: string;
  readonly titleSort: string;
  readonly fields: Fields;
  readonly locks: Locks;
  readonly provenance: ProvenanceMap;
  readonly words: readonly string[];
  /** Of the changed fields, before the write. */
  readonly provenanceBefore: ProvenanceMap;
}

export function afterWrite(stored: StoredDocument, write: DocumentWrite): NextDocument {
  const fields: Record<string, Json> = { ...stored.fields };
  const provenance: ProvenanceMap = { ...stored.provenance };
  const provenanceBefore: ProvenanceMap = {};
  const ofAct = write.provenance === "of_act" ? provenanceOf(write.act) : undefined;
  for (const { field, after } of write.changes) {
    if (isEmpty(after)) delete fields[field];
    else fields[field] = after;

    const before = provenance[field];
    if (before !== undefined) provenanceBefore[field] = before;
    const next = ofAct ?? (write.provenance as ProvenanceMap)[field];
    if (next === undefined) delete provenance[field];
    else provenance[field] = next;
  }
  const locks = { ...stored.locks, ...Object.fromEntries(write.lock.map((it) => [it, true])) };
  // Every way of writing refuses to empty the title.
  const title = typeof fields["title"] === "string" ? fields["title"] : stored.title;
  return {
    title,
    titleSort: titleSort(title),
    fields,
    locks,
    provenance,
    provenanceBefore,
    words: wordsOf(stored.kind, fields),
  };
}

/** Applies changed locks; what isn't named stays, and only locked fields are kept. */
export function withLocks(locks: Locks, changes: Locks): Locks {
  return Object.fromEntries(
    Object.entries({ ...locks, ...changes }).filter(([, locked]) => locked),
  );
}
