/** The metadata document of a series or a book, field by field. */
import { isDeepStrictEqual } from "node:util";
import {
  BOOK_FIELDS,
  BookDocument,
  BookMetadata,
  type ContentType,
  type Json,
  type MetadataField,
  SERIES_FIELDS,
  SeriesDocument,
  SeriesMetadata,
} from "@codex/protocol";
import { indexWords } from "./search_words.ts";

export type Kind = ContentType;

/** A document by field name; an empty field (no value, no items) is left out. */
export type Fields = Readonly<Record<string, Json>>;

export const FIELDS_OF_KIND: Readonly<Record<Kind, readonly MetadataField[]>> = {
  series: SERIES_FIELDS,
  book: BOOK_FIELDS,
};

/** How a plugin's `metadata/<kind>/get` answers. */
export const ANSWER_OF_KIND = { series: SeriesMetadata, book: BookMetadata } as const;

const EMPTY_DOCUMENT: Readonly<Record<Kind, Readonly<Record<string, unknown>>>> = {
  series: SeriesDocument.parse({}),
  book: BookDocument.parse({}),
};

/** Reads a stored document. */
export function readFields(kind: Kind, stored: unknown): Fields {
  return toFields(kind === "series" ? SeriesDocument.parse(stored) : BookDocument.parse(stored));
}

/** Leaves out what is empty. */
export function toFields(document: object): Fields {
  const fields: Record<string, Json> = {};
  for (const [field, value] of Object.entries(document)) {
    // Documents are read by schemas of JSON values only.
    if (!isEmpty(value)) fields[field] = value as Json;
  }
  return fields;
}

/** `undefined`, `null`, `[]` and `{}` say nothing. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** A field's value as the API shows it: an empty list is `[]`, any other empty field null. */
export function valueOf(kind: Kind, fields: Fields, field: string): Json {
  return fields[field] ?? (Array.isArray(EMPTY_DOCUMENT[kind][field]) ? [] : null);
}

/** Equal in meaning: empty values are one, and the order of object keys says nothing. */
export function sameValue(left: Json | undefined, right: Json | undefined): boolean {
  return isEmpty(left) ? isEmpty(right) : isDeepStrictEqual(left, right);
}

/** Names among `names` that aren't fields of this kind. */
export function unknownFields(kind: Kind, names: Iterable<string>): string[] {
  const known: readonly string[] = FIELDS_OF_KIND[kind];
  return [...names].filter((name) => !known.includes(name));
}

/** What a document is found by: its titles, people and ISBNs. */
export function wordsOf(kind: Kind, fields: Fields): string[] {
  const document = kind === "series" ? SeriesDocument.parse(fields) : BookDocument.parse(fields);
  return documentWords(document);
}

/** As {@linkcode wordsOf}, of a document that was just read. */
export function documentWords(document: SeriesDocument | BookDocument): string[] {
  const texts = [document.title ?? ""];
  for (const { title } of document.alternateTitles) texts.push(title);
  for (const { name } of document.authors) texts.push(name);
  for (const { name } of document.artists) texts.push(name);
  if (!("isbns" in document)) return indexWords(texts);
  texts.push(document.subtitle ?? "", document.originalTitle ?? "");
  return indexWords(texts, [document.isbn ?? "", ...document.isbns]);
}
