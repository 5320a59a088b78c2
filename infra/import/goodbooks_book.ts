/** One row of the goodbooks list as a book to import. */
import type { ImportBook } from "@codex/protocol";
import type { z } from "zod";
import { creditsOf, readNames } from "./credits.ts";
import type { GoodbooksRow } from "./goodbooks_rows.ts";
import { readTitle, type SeriesPlace } from "./series_note.ts";

/** What the wire takes, where lists may be left out. */
export type BookLine = z.input<typeof ImportBook>;

/** A book and where it stands. */
export interface PlacedBook {
  readonly line: BookLine;
  /** The series it belongs to; undefined for a book that stands alone. */
  readonly place: SeriesPlace | undefined;
  readonly names: readonly string[];
}

/** @param firstNames everybody whom the list names first at some book */
export function bookFromRow(row: GoodbooksRow, firstNames: ReadonlySet<string>): PlacedBook {
  const { title, places } = readTitle(row.title);
  const [place, ...otherPlaces] = places;
  const names = readNames(row.authors);
  const originalTitle = row.original_title && readTitle(row.original_title).title;
  const isbn = row.isbn && isbnOf(row.isbn);
  const single = place?.numbers === undefined ? place?.number : undefined;
  const metadata: BookLine["metadata"] = {
    authors: creditsOf(names, firstNames),
    // The list knows only when the work first came out, not this edition.
    ...defined("year", row.original_publication_year),
    ...defined("originalYear", row.original_publication_year),
    ...defined("originalTitle", originalTitle === title ? undefined : originalTitle || undefined),
    ...defined("language", languageTag(row.language_code)),
    ...defined("isbn", isbn),
    isbns: isbn ? [isbn] : [],
    ...defined("seriesPosition", single),
    ...defined("coverUrl", coverOf(row.image_url)),
    rating: ratingOf(row),
    ...defined("customMetadata", customMetadata(place, otherPlaces)),
  };
  const line: BookLine = {
    key: `goodreads:${row.goodreads_book_id}`,
    title,
    ...defined("number", single),
    metadata,
    externalIds: [{ source: "goodreads", externalId: row.goodreads_book_id }],
  };
  return { line, place, names };
}

/** The number with the zeros that are missing at its front; undefined if its check digit is wrong. */
export function isbnOf(text: string): string | undefined {
  const isbn = text.toUpperCase().padStart(10, "0");
  if (!/^\d{9}[\dX]$/.test(isbn) || /^0+$/.test(isbn)) return undefined;
  // ISO 2108: weights 10 to 1, the sum divisible by 11; X stands for ten.
  const sum = [...isbn].reduce(
    (total, digit, index) => total + (digit === "X" ? 10 : Number(digit)) * (10 - index),
    0,
  );
  return sum % 11 === 0 ? isbn : undefined;
}

/** BCP 47: "eng" becomes "en", "en-US" stays; "mul" (several languages) is none. */
export function languageTag(code: string | undefined): string | undefined {
  if (code === undefined || code === "mul") return undefined;
  try {
    return Intl.getCanonicalLocales(code)[0];
  } catch {
    return undefined;
  }
}

/** Books without a picture have the address of a placeholder. */
function coverOf(url: string | undefined): string | undefined {
  return url === undefined || url.includes("/nophoto/") ? undefined : url;
}

/** One to five stars as 0..100. */
function ratingOf({ average_rating, ratings_count }: GoodbooksRow) {
  const score = Math.round(average_rating * 200) / 10;
  return { score, voteCount: ratings_count, source: "goodreads" };
}

/** What no field of the document takes: the numbers of a collection, and further series. */
function customMetadata(place: SeriesPlace | undefined, others: readonly SeriesPlace[]) {
  if (place?.numbers === undefined && others.length === 0) return undefined;
  return {
    ...defined("seriesNumbers", place?.numbers),
    ...(others.length === 0 ? {} : {
      otherSeries: others.map(({ name, number, numbers }) => `${name} #${numbers ?? number}`),
    }),
  };
}

/** Leaves the field out where there is no value. */
function defined<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [Key in Name]?: Value } {
  return value === undefined ? {} : { [name]: value } as { [Key in Name]: Value };
}
