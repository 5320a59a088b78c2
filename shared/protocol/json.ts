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
  return z.array(item).default([]);
}
