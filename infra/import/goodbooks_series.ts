/** Books of the goodbooks list gathered into series: one import line each. */
import type { ImportSeries } from "@codex/protocol";
import type { z } from "zod";
import { bookFromRow, type PlacedBook } from "./goodbooks_book.ts";
import type { GoodbooksRow } from "./goodbooks_rows.ts";
import { readNames } from "./credits.ts";

/** What the wire takes, where lists may be left out. */
export type SeriesLine = z.input<typeof ImportSeries>;

const SERIES_AUTHORS_MAX = 5;

/**
 * All series of the list, in the order of their first books. A book without a series becomes a series
 * of one. The whole list is needed, since the books of a series are spread over it.
 */
export function gatherSeries(rows: readonly GoodbooksRow[]): SeriesLine[] {
  const firstNames = new Set(rows.map((row) => readNames(row.authors)[0] ?? ""));
  const groups = new Map<string, PlacedBook[]>();
  for (const row of rows) {
    const book = bookFromRow(row, firstNames);
    const key = book.place === undefined ? book.line.key : `series:${foldName(book.place.name)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [book]);
    else group.push(book);
  }
  return [...groups].flatMap(([key, books]) =>
    books[0]?.place === undefined ? books.map(standalone) : splitNamesakes(key, books)
  );
}

function standalone({ line }: PlacedBook): SeriesLine {
  const { authors = [], year, language, coverUrl, rating } = line.metadata ?? {};
  return {
    key: `book:${line.key}`,
    title: line.title,
    metadata: {
      authors,
      ...(year === undefined ? {} : { year }),
      ...(language === undefined ? {} : { language }),
      ...(coverUrl === undefined ? {} : { coverUrl }),
      ...(rating === undefined ? {} : { rating }),
    },
    books: [line],
  };
}

/**
 * Several series can have one name ("Fallen", "The Secret"). Books that share a person belong together;
 * groups that share none are still one series where their numbers complement each other, as when several
 * authors write in turn ("The 39 Clues"). The largest keeps the plain key, the others add their author.
 */
function splitNamesakes(key: string, books: readonly PlacedBook[]): SeriesLine[] {
  const series: PlacedBook[][] = [];
  for (const group of sharingPeople(books)) {
    const home = series.find((other) => complement(other, group));
    if (home === undefined) series.push([...group]);
    else home.push(...group);
  }
  return series.map((members, index) => {
    const author = members[0]?.names[0] ?? "";
    return seriesLine(index === 0 ? key : `${key}:${foldName(author)}`, members);
  });
}

function seriesLine(key: string, books: readonly PlacedBook[]): SeriesLine {
  const ordered = books.toSorted((a, b) => (a.place?.number ?? 0) - (b.place?.number ?? 0));
  const years = books.flatMap(({ line }) => line.metadata?.year ?? []);
  const languages = new Set(
    books.flatMap(({ line }) => baseLanguage(line.metadata?.language) ?? []),
  );
  const [language] = languages;
  const covers = ordered.flatMap(({ line }) => line.metadata?.coverUrl ?? []);
  return {
    key,
    title: mostFrequent(books.map(({ place }) => place?.name ?? ""))[0] ?? "",
    metadata: {
      authors: mostFrequent(books.flatMap(({ names }) => names.slice(0, 1)))
        .slice(0, SERIES_AUTHORS_MAX)
        .map((name) => ({ name, role: "author" as const })),
      ...(years.length === 0 ? {} : { year: Math.min(...years) }),
      ...(language === undefined || languages.size > 1 ? {} : { language }),
      ...(covers[0] === undefined ? {} : { coverUrl: covers[0] }),
    },
    books: ordered.map(({ line }) => line),
  };
}

/** Groups connected by common names, the largest first. */
function sharingPeople(books: readonly PlacedBook[]): PlacedBook[][] {
  let groups: { names: Set<string>; books: PlacedBook[] }[] = [];
  for (const book of books) {
    const related = groups.filter(({ names }) => book.names.some((name) => names.has(name)));
    const joined = {
      names: new Set([...related.flatMap(({ names }) => [...names]), ...book.names]),
      books: [...related.flatMap((group) => group.books), book],
    };
    groups = [...groups.filter((group) => !related.includes(group)), joined];
  }
  return groups.map((group) => group.books).sort((a, b) => b.length - a.length);
}

/** Both have volumes with a number, and none of the same; of collections alone nothing can be told. */
function complement(a: readonly PlacedBook[], b: readonly PlacedBook[]): boolean {
  const left = new Set(a.flatMap((book) => singleNumber(book) ?? []));
  const right = new Set(b.flatMap((book) => singleNumber(book) ?? []));
  return left.size > 0 && right.size > 0 && left.isDisjointFrom(right);
}

function singleNumber({ place }: PlacedBook): number | undefined {
  return place?.numbers === undefined ? place?.number : undefined;
}

/** "The Wheel of time" and "Wheel of Time" are one series. */
function foldName(name: string): string {
  return name.normalize("NFKC").toLowerCase().replace(/^the /, "").trim();
}

/** Readers of a series don't care for the country: en-US and en-GB are both English. */
function baseLanguage(tag: string | undefined): string | undefined {
  return tag?.split("-")[0];
}

/** Each value once, the most frequent first, equals in order of appearance. */
function mostFrequent(values: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([value]) => value);
}
