/** JSON values and the few scalar shapes that every wire message shares. */
import { z } from "zod";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Any JSON value, taken as it is: opaque values are never stripped of unknown fields. */
export const Json: z.ZodType<Json> = z.json();

export const JsonObject: z.ZodType<JsonObject> = z.record(z.string(), Json);

/** ISO 8601 instant, for instance `2026-03-01T12:00:00.000Z`. */
export const IsoDateTime = z.iso.datetime({ offset: true });

/** A list that may be missing: reads as empty (protocol: "Manifest … A list that is missing or null reads as empty"). */
export function listOf<Item extends z.ZodType>(item: Item) {
  return arrayOf(item).default([]);
}

/** Faults after which a list is read no further. Far more than any plugin makes by new values of enumerations. */
const FAULTS_MAX = 2000;
/** Items that are read between two looks at the faults. */
const PIECE_ITEMS = 500;

/**
 * A list of what plugins send: `z.array` that gives up after {@linkcode FAULTS_MAX} wrong items, for zod notes what is wrong with
 * every one of them, and a line of 4 MiB has room for so many that it took seconds [tried].
 */
export function arrayOf<Item extends z.ZodType>(item: Item): z.ZodArray<Item> {
  const list = z.array(item);
  const { run } = list._zod;
  list._zod.run = (payload, context) => {
    const { value: items, issues } = payload;
    if (!Array.isArray(items) || items.length <= PIECE_ITEMS) return run(payload, context);
    const values: unknown[] = [];
    for (let start = 0; start < items.length && issues.length < FAULTS_MAX; start += PIECE_ITEMS) {
      const piece = run({ value: items.slice(start, start + PIECE_ITEMS), issues: [] }, context);
      if (piece instanceof Promise) throw new z.core.$ZodAsyncError();
      for (const issue of piece.issues) {
        const [index, ...rest] = issue.path ?? [];
        issues.push({ ...issue, path: [start + Number(index), ...rest] });
      }
      values.push(...piece.value as unknown[]);
    }
    payload.value = values;
    return payload;
  };
  return list;
}

/**
 * `z.record` of at most `fieldsMax` fields. A larger object is refused before its fields are read, for
 * zod notes what is wrong with every one of them.
 */
export function recordOf<Key extends z.ZodString, Value extends z.ZodType>(
  key: Key,
  value: Value,
  fieldsMax: number,
): z.ZodRecord<Key, Value> {
  const record = z.record(key, value);
  const { run } = record._zod;
  record._zod.run = (payload, context) => {
    const { value: fields, issues } = payload;
    if (typeof fields !== "object" || fields === null || Object.keys(fields).length <= fieldsMax) {
      return run(payload, context);
    }
    const message = `Must have at most ${fieldsMax} fields`;
    issues.push({ code: "custom", input: fields, message, path: [] });
    return payload;
  };
  return record;
}
