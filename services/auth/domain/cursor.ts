/** Opaque paging cursors: where the next page begins, in a form that clients don't take apart. */
import type { z } from "zod";
import { ProblemError } from "@codex/service";

export function encodeCursor(position: string | number): string {
  return new TextEncoder().encode(JSON.stringify(position))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

/** @throws ProblemError `bad_request` for a cursor that isn't one of this list's */
export function decodeCursor<Schema extends z.ZodType>(
  schema: Schema,
  cursor: string | undefined,
): z.output<Schema> | undefined {
  if (cursor === undefined) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(cursor, { alphabet: "base64url" });
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    const detail = "Is not a cursor of this list";
    throw new ProblemError("bad_request", `?cursor: ${detail}`, {
      errors: [{ pointer: "?cursor", detail }],
    });
  }
}

/** Cuts `rows`, read one longer than the page, to the page and says where the next one begins. */
export function pageOfRows<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  positionOf: (row: Row) => string | number,
): { items: Item[]; nextCursor?: string } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const items = page.map(toItem);
  if (rows.length <= limit || last === undefined) return { items };
  return { items, nextCursor: encodeCursor(positionOf(last)) };
}
