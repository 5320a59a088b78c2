/** Keyset paging: opaque cursors that say where the next page begins, and the cut to one page. */
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

/** Cuts `rows`, read one longer than the page, to the page, and says where the next one begins. */
export function pageOfRows<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  cursorOf: (row: Row) => string,
): { items: Item[]; nextCursor?: string } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const items = page.map(toItem);
  if (rows.length <= limit || last === undefined) return { items };
  return { items, nextCursor: cursorOf(last) };
}
