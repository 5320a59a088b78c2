/** What a line of an import makes of a series and its books, ready to be compared and written. */
import {
  type BookDocument,
  DOCUMENT_BYTES_MAX,
  type ExternalId,
  type ImportBook,
  type ImportSeries,
  type SeriesDocument,
  toPointer,
} from "@codex/protocol";
import { digestText } from "./digest.ts";
import { documentWords, type Fields, type Kind, toFields, wordsOf } from "./document.ts";
import { fitChanges, fitFields } from "./document_size.ts";
import { unionBySource } from "./external_ids.ts";

export interface IncomingRow {
  readonly key: string;
  readonly title: string;
  readonly fields: Fields;
  readonly words: readonly string[];
  /** Of all that the line says of it, but for what was left out. */
  readonly digest: string;
  /** The line's number. */
  readonly line: number;
}

export interface IncomingBook extends IncomingRow {
  readonly number: number | undefined;
}

export interface IncomingSeries extends IncomingRow {
  readonly books: readonly IncomingBook[];
}

/** Told of each value of a series or book that is too large and was left out. */
export type OnLeftOut = (key: string, pointer: string, reason: string) => void;

/** What the line says beside `metadata` counts more than what it says within. */
export function incomingSeries(
  series: ImportSeries,
  books: readonly ImportBook[],
  line: number,
  onLeftOut: OnLeftOut,
): IncomingSeries {
  const { key, title } = series;
  const document = {
    ...series.metadata,
    title,
    externalIds: merged(series.metadata.externalIds, series.externalIds),
  };
  const { fields, words, text } = fit("series", key, document, onLeftOut);
  return {
    ...{ key, title, fields, words, line },
    digest: digestText(text),
    books: books.map((book) => incomingBook(book, line, onLeftOut)),
  };
}

function incomingBook(book: ImportBook, line: number, onLeftOut: OnLeftOut): IncomingBook {
  const { key, title, metadata } = book;
  const document = {
    ...metadata,
    title,
    volume: book.volume ?? metadata.volume,
    chapter: book.chapter ?? metadata.chapter,
    pageCount: book.pageCount ?? metadata.pageCount,
    externalIds: merged(metadata.externalIds, book.externalIds),
  };
  const { fields, words, text } = fit("book", key, document, onLeftOut);
  const number = book.number ?? document.volume ?? document.chapter;
  return {
    ...{ key, title, fields, words, line, number },
    digest: digestText(`[${JSON.stringify(number ?? null)},${text}]`),
  };
}

/**
 * Where a line has what a document has at `pointer`, counted from the series or book in the line:
 * external ids can stand beside `metadata` and within it, and are told as if beside it.
 */
export function placeInLine(pointer: string): string {
  return /^\/(title|externalIds)(\/|$)/.test(pointer) ? pointer : `/metadata${pointer}`;
}

interface FittedDocument extends Pick<IncomingRow, "fields" | "words"> {
  /** The fields as compact JSON. */
  readonly text: string;
}

/** The document without what is too large in it. */
function fit(
  kind: Kind,
  key: string,
  document: SeriesDocument | BookDocument,
  onLeftOut: OnLeftOut,
): FittedDocument {
  const { fields, leftOut } = fitFields(toFields(document));
  const text = JSON.stringify(fields);
  for (const { pointer, reason } of leftOut) onLeftOut(key, placeInLine(pointer), reason);
  // No character takes more than three bytes for each of its UTF-16 units.
  if (text.length * 3 > DOCUMENT_BYTES_MAX) return fitWhole(kind, key, fields, onLeftOut);
  const words = leftOut.length === 0 ? documentWords(document) : wordsOf(kind, fields);
  return { fields, words, text };
}

/** As many of the fields as one document has room for. */
function fitWhole(kind: Kind, key: string, given: Fields, onLeftOut: OnLeftOut): FittedDocument {
  const changes = Object.entries(given).map(([field, after]) => ({ field, before: null, after }));
  const fitted = fitChanges({}, changes);
  for (const { field, reason } of fitted.leftOut) {
    onLeftOut(key, placeInLine(toPointer([field])), reason);
  }
  const fields = Object.fromEntries(fitted.changes.map(({ field, after }) => [field, after]));
  return { fields, words: wordsOf(kind, fields), text: JSON.stringify(fields) };
}

function merged(within: readonly ExternalId[], beside: readonly ExternalId[]): ExternalId[] {
  return within.length === 0 ? [...beside] : unionBySource(within, beside);
}
