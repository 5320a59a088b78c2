/** Ids of a series or book at other services: the document's field `externalIds`. */
import { hash } from "node:crypto";
import { ExternalId, type Json, type StoredExternalId } from "@codex/protocol";
import { z } from "zod";
import type { Fields } from "./document.ts";

const ExternalIds = z.array(ExternalId).default([]);

export function externalIdsOf(fields: Fields): ExternalId[] {
  return ExternalIds.parse(fields["externalIds"]);
}

/**
 * External ids as the API names them. A row's id is derived from what it says, so the document stays
 * the only place where they are kept.
 */
export function withIds(
  ownerId: string,
  externalIds: readonly ExternalId[],
): z.infer<typeof StoredExternalId>[] {
  return externalIds.map(({ source, externalId }) => ({
    id: derivedId(ownerId, source, externalId),
    source,
    externalId,
  }));
}

/**
 * Lays one list over another: of each source that `above` names, exactly the ids of `above` count;
 * the ids of other sources stay. What stays keeps its place, so another order isn't a change.
 */
export function unionBySource(
  below: readonly ExternalId[],
  above: readonly ExternalId[],
): ExternalId[] {
  const named = new Set(above.map(({ source }) => source));
  const stays = below.filter((it) => !named.has(it.source) || holds(above, it));
  return above.reduce((union, it) => holds(union, it) ? union : [...union, it], stays);
}

export function holds(list: readonly ExternalId[], sought: ExternalId): boolean {
  return list.some((it) => it.source === sought.source && it.externalId === sought.externalId);
}

export function toJson(externalIds: readonly ExternalId[]): Json {
  return externalIds.map(({ source, externalId }) => ({ source, externalId }));
}

/** A UUID of version 8 (RFC 9562 section 5.8): our own kind, here a name-based one of SHA-256. */
function derivedId(...parts: readonly string[]): string {
  const digest = hash("sha256", JSON.stringify(parts), "hex");
  const variant = (0x8 | (parseInt(digest.charAt(16), 16) & 0x3)).toString(16);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join("-");
}
