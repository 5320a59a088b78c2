/**
 * The body of a set: two lines of JSON, first what names the entry, then its value.
 *
 * So the value's bytes are counted and stored as they came. In one document they would have to be
 * parsed and written again, at 1 MiB a call.
 */
import { z } from "zod";
import { IsoDateTime, type StorageSetParams } from "@codex/protocol";

/** Content type of a body of such lines. */
export const ENTRY_LINES_TYPE = "application/x-ndjson";

const EntryName = z.object({ key: z.string(), expiresAt: IsoDateTime.optional() });

export interface EntryLines {
  readonly key: string;
  readonly expiresAt?: string | undefined;
  /** Says nothing of whether it is JSON. */
  readonly valueText: string;
  readonly valueBytes: number;
}

export function writeEntryLines({ key, expiresAt, data }: StorageSetParams): string {
  return `${JSON.stringify({ key, expiresAt })}\n${JSON.stringify(data)}`;
}

/** The two lines, or undefined where they aren't there. */
export function readEntryLines(body: Uint8Array): EntryLines | undefined {
  const end = body.indexOf(LINE_FEED);
  if (end < 0) return undefined;
  const value = body.subarray(end + 1);
  try {
    const name = EntryName.safeParse(JSON.parse(decode(body.subarray(0, end))));
    if (!name.success) return undefined;
    return { ...name.data, valueText: decode(value), valueBytes: value.length };
  } catch {
    return undefined;
  }
}

const LINE_FEED = 0x0a;

/** @throws TypeError when the bytes aren't UTF-8 */
function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}
