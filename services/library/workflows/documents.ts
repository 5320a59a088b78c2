/** Writes to one document by a person; each is one transaction and, where it changes something, one history entry. */
import {
  documentTooLarge,
  type ExternalId,
  type FieldError,
  type HistoryId,
  type Json,
  LIST_ITEMS_MAX,
  type RevertAnswer,
  type UserId,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { z } from "zod";
import { type Executor, transact } from "../db/database.ts";
import { lockDocument, writeDocument, writeLocks } from "../db/document_queries.ts";
import { findHistory, insertHistory, markReverted } from "../db/history_queries.ts";
import type { LibraryDeps } from "../deps.ts";
import { type Locks, revertAct, userAct } from "../domain/act.ts";
import type { Kind } from "../domain/document.ts";
import { excessBytes } from "../domain/document_size.ts";
import { changesOf } from "../domain/edit.ts";
import { externalIdsOf, holds, toJson, withIds } from "../domain/external_ids.ts";
import { planRevert } from "../domain/revert.ts";
import { afterWrite, type DocumentWrite, type StoredDocument, withLocks } from "../domain/write.ts";

export type WriteDeps = Pick<LibraryDeps, "db" | "now" | "newId">;

/** @throws ProblemError `not_found` */
export async function lockOrRefuse(
  tx: Executor,
  kind: Kind,
  id: string,
): Promise<StoredDocument> {
  const stored = await lockDocument(tx, kind, id);
  if (stored === undefined) throw new ProblemError("not_found", `There is no such ${kind}`);
  return stored;
}

/** Writes a locked document and its history entry. Without changes nothing is written. */
export async function saveWrite(
  tx: Executor,
  deps: WriteDeps,
  stored: StoredDocument,
  write: DocumentWrite,
): Promise<void> {
  if (write.changes.length === 0) return;
  const next = afterWrite(stored, write);
  await writeDocument(tx, stored, next, new Date(write.act.at));
  await insertHistory(tx, deps.newId(), stored, write.act, write.changes, next.provenanceBefore);
}

export async function editDocument(
  deps: WriteDeps,
  userId: UserId,
  kind: Kind,
  id: string,
  edit: { metadata: Readonly<Record<string, Json>>; lock: boolean },
): Promise<void> {
  await transact(deps.db, async (tx) => {
    const stored = await lockOrRefuse(tx, kind, id);
    const result = changesOf(stored.fields, edit.metadata);
    if (!result.ok) throw refusalOf(result.errors);
    await saveWrite(tx, deps, stored, {
      act: userAct(userId, timeOf(deps)),
      changes: result.changes,
      lock: edit.lock ? result.changes.map(({ field }) => field) : [],
      provenance: "of_act",
    });
  });
}

/** Changes only the locks named; returns all. */
export function changeLocks(
  deps: WriteDeps,
  kind: Kind,
  id: string,
  changes: Locks,
): Promise<Locks> {
  return transact(deps.db, async (tx) => {
    const stored = await lockOrRefuse(tx, kind, id);
    const locks = withLocks(stored.locks, changes);
    await writeLocks(tx, stored, locks);
    return locks;
  });
}

/** Adds an external id, and locks nothing; one that is there already stays as it is. */
export function addExternalId(
  deps: WriteDeps,
  userId: UserId,
  kind: Kind,
  id: string,
  added: ExternalId,
) {
  return transact(deps.db, async (tx) => {
    const stored = await lockOrRefuse(tx, kind, id);
    const current = externalIdsOf(stored.fields);
    if (!holds(current, added)) {
      refuseOneMore(stored, current, added);
      await writeExternalIds(tx, deps, userId, stored, [...current, added]);
    }
    const [named] = withIds(id, [added]);
    if (named === undefined) throw new Error("An external id has no id");
    return named;
  });
}

/** @throws ProblemError `not_found` */
export async function removeExternalId(
  deps: WriteDeps,
  userId: UserId,
  kind: Kind,
  id: string,
  externalIdId: string,
): Promise<void> {
  await transact(deps.db, async (tx) => {
    const stored = await lockOrRefuse(tx, kind, id);
    const current = withIds(id, externalIdsOf(stored.fields));
    const rest = current.filter((it) => it.id !== externalIdId);
    if (rest.length === current.length) {
      throw new ProblemError("not_found", "There is no such external id here");
    }
    await writeExternalIds(tx, deps, userId, stored, rest);
  });
}

/** An id that there is no room for. Ids beyond the limit can be removed one by one, so that isn't checked. */
function refuseOneMore(
  stored: StoredDocument,
  current: readonly ExternalId[],
  added: ExternalId,
): void {
  if (current.length >= LIST_ITEMS_MAX) {
    const detail = `A ${stored.kind} has at most ${LIST_ITEMS_MAX} external ids`;
    throw refusalOf([{ pointer: "", detail }]);
  }
  const bytes = excessBytes(stored.fields, [{
    field: "externalIds",
    before: toJson(current),
    after: toJson([...current, added]),
  }]);
  if (bytes !== undefined) throw refusalOf([{ pointer: "", detail: documentTooLarge(bytes) }]);
}

function refusalOf(errors: readonly FieldError[]): ProblemError {
  const named = errors.map(({ pointer, detail }) =>
    pointer === "" ? detail : `${pointer}: ${detail}`
  );
  return new ProblemError("bad_request", named.join("; "), { errors: [...errors] });
}

async function writeExternalIds(
  tx: Executor,
  deps: WriteDeps,
  userId: UserId,
  stored: StoredDocument,
  next: readonly ExternalId[],
): Promise<void> {
  const before = stored.fields["externalIds"] ?? null;
  const after = next.length === 0 ? null : toJson(next);
  await saveWrite(tx, deps, stored, {
    act: userAct(userId, timeOf(deps)),
    changes: [{ field: "externalIds", before, after }],
    lock: [],
    provenance: "of_act",
  });
}

/**
 * Undoes one recorded act, field by field, where nothing newer stands on it. The field's former
 * provenance comes back with its former value. Locks hold off plugins and imports, not people.
 */
export function revertHistory(
  deps: WriteDeps,
  userId: UserId,
  historyId: HistoryId,
): Promise<z.infer<typeof RevertAnswer>> {
  return transact(deps.db, async (tx) => {
    const recorded = await findHistory(tx, historyId);
    if (recorded === undefined) throw new ProblemError("not_found", "There is no such entry");
    const stored = await lockOrRefuse(tx, recorded.kind, recorded.ownerId);
    const plan = planRevert(stored.fields, recorded.changes);
    const at = timeOf(deps);
    await saveWrite(tx, deps, stored, {
      act: revertAct(userId, at),
      changes: plan.changes,
      lock: [],
      provenance: recorded.provenanceBefore,
    });
    if (plan.changes.length > 0) await markReverted(tx, historyId, new Date(at));
    return {
      revertedFields: plan.changes.map(({ field }) => field),
      skippedFields: [...plan.skipped],
    };
  });
}

function timeOf(deps: WriteDeps): string {
  return new Date(deps.now()).toISOString();
}
