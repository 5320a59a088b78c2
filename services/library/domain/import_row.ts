/** What a line of an import makes of a series and its books, ready to be compared and written. */
import type { ExternalId, ImportBook, ImportSeries } from "@codex/protocol";
import { digestText } from "./digest.ts";
import { documentWords, type Fields, toFields } from "./document.ts";
import { unionBySource } from "./external_ids.ts";

export interface IncomingRow {
  readonly key: string;
  readonly title: string;
  readonly fields: Fields;
  readonly words: readonly string[];
  /** Of all that the line says of it. */
  readonly digest: string;
}

export interface IncomingBook extends IncomingRow {
  readonly number: number | undefined;
}

export interface IncomingSeries extends IncomingRow {
  readonly books: readonly IncomingBook[];
}

/** What the line says beside `metadata` counts more than what it says within. */
export function incomingSeries(
  line: ImportSeries,
  books: readonly ImportBook[],
): IncomingSeries {
  const document = {
    ...line.metadata,
    title: line.title,
    externalIds: merged(line.metadata.externalIds, line.externalIds),
  };
  const fields = toFields(document);
  return {
    key: line.key,
    title: line.title,
    fields,
    words: documentWords(document),
    digest: digestText(JSON.stringify(fields)),
    books: books.map(incomingBook),
  };
}

function incomingBook(line: ImportBook): IncomingBook {
  const document = {
    ...line.metadata,
    title: line.title,
    volume: line.volume ?? line.metadata.volume,
    chapter: line.chapter ?? line.metadata.chapter,
    pageCount: line.pageCount ?? line.metadata.pageCount,
    externalIds: merged(line.metadata.externalIds, line.externalIds),
  };
  const fields = toFields(document);
  const number = line.number ?? document.volume ?? document.chapter;
  return {
    key: line.key,
    title: line.title,
    fields,
    number,
    words: documentWords(document),
    digest: digestText(JSON.stringify([number ?? null, fields])),
  };
}

function merged(within: readonly ExternalId[], beside: readonly ExternalId[]): ExternalId[] {
  return within.length === 0 ? [...beside] : unionBySource(within, beside);
}
