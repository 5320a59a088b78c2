/** Keyset paging: opaque cursors that say where the next page begins, and the cut to one page. */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { ProblemError } from "./problem_error.ts";

/** The values of the last row that order its list; the last one of them settles ties. */
export type PagePosition = readonly (string | number | null)[];

/** @param list names the list and its order: a cursor of another is refused */
export function encodeCursor(list: string, position: PagePosition): string {
  return new TextEncoder().encode(JSON.stringify([list, ...position]))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * @param schema of the position, which clients can make up as they like
 * @throws ProblemError `bad_request` for a cursor that isn't one of this list's
 */
export function decodeCursor<Schema extends z.ZodType>(
  list: string,
  schema: Schema,
  cursor: string | undefined,
): z.output<Schema> | undefined {
  if (cursor === undefined) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(cursor, { alphabet: "base64url" });
    const [name, ...position] = z.array(z.unknown())
      .parse(JSON.parse(new TextDecoder().decode(bytes)));
    if (name === list) return schema.parse(position);
  } catch {
    // Told below, as a cursor of another list is.
  }
  const detail = "Is not a cursor of this list";
  throw new ProblemError("bad_request", `?cursor: ${detail}`, {
    errors: [{ pointer: "?cursor", detail }],
  });
}

/** A page ends before it has more bytes of JSON than this, but has one item at least. */
export const PAGE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Cuts `rows`, read one longer than the page, to the page, and says where the next one begins. A page
 * has `limit` items at most, and ends early where they are large.
 *
 * @param candidates rows that there are for this page and the one after it; more than `rows` where
 * large ones were not read
 */
export function pageOfRows<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  cursorOf: (row: Row) => string,
  candidates = rows.length,
): { items: Item[]; nextCursor?: string } {
  const items: Item[] = [];
  let bytes = 0;
  for (const row of rows.slice(0, limit)) {
    const item = toItem(row);
    bytes += jsonBytes(item);
    if (items.length > 0 && bytes > PAGE_BYTES_MAX) break;
    items.push(item);
  }
  const last = rows[items.length - 1];
  if (candidates <= items.length || last === undefined) return { items };
  return { items, nextCursor: cursorOf(last) };
}

function jsonBytes(item: unknown): number {
  const text = JSON.stringify(item);
  // And a comma.
  return Buffer.byteLength(text) + 1;
}
