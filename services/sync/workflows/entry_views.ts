/** Entries as the API shows them. */
import type { EntryMatch, OutboxEntry, UnmatchedEntry } from "@codex/protocol";
import type { z } from "zod";
import type { EntryState } from "../db/entry_queries.ts";
import type { EntryMatchRow } from "../db/match_queries.ts";
import type { OutboxRow } from "../db/outbox_queries.ts";
import type { RemoteEntry } from "../domain/remote_entry.ts";

export function toOutboxView(row: OutboxRow): z.infer<typeof OutboxEntry> {
  const { id, entry, raw, attempts, lastError, nextAttemptAt, createdAt } = row;
  return {
    id,
    externalId: entry.externalId,
    ...(entry.title !== undefined && { title: entry.title }),
    entry: raw,
    attempts,
    ...(lastError !== undefined && { reason: lastError }),
    ...(nextAttemptAt !== undefined && { nextAttemptAt: nextAttemptAt.toISOString() }),
    createdAt: createdAt.toISOString(),
  };
}

export function toUnmatchedView(
  { remote, remoteSeenAt }: EntryState & { readonly remote: RemoteEntry },
): z.infer<typeof UnmatchedEntry> {
  const { externalId, title, status, volumes, chapters, score } = remote;
  return {
    externalId,
    ...(title !== undefined && { title }),
    status,
    ...(volumes !== undefined && { volumes }),
    ...(chapters !== undefined && { chapters }),
    ...(score !== undefined && { score }),
    seenAt: (remoteSeenAt ?? new Date(0)).toISOString(),
  };
}

export function toMatchView(row: EntryMatchRow): z.infer<typeof EntryMatch> {
  const { externalId, seriesId, source, createdAt } = row;
  return {
    externalId,
    seriesId: seriesId as z.infer<typeof EntryMatch>["seriesId"],
    source,
    createdAt: createdAt.toISOString(),
  };
}
