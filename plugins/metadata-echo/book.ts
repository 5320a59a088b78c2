/** Book answers, with every field of the protocol filled. */
import type { BookMetadata, BookSearchParams, Cover, SearchResult } from "@codex/plugin-sdk";
import {
  authorOf,
  displayTitle,
  type EchoItem,
  externalIdOf,
  scoreOf,
  yearOf,
} from "./echo_item.ts";

/** A search with ISBN and query is about the query, as it is what people see. */
export function searchText({ isbn, query }: BookSearchParams): string {
  return query ?? `Book ${isbn}`;
}

export function bookResult(item: EchoItem): SearchResult {
  const title = displayTitle(item);
  return {
    externalId: externalIdOf(item),
    title,
    alternateTitles: [`${title} (echo)`],
    year: yearOf(item),
    coverUrl: coverUrl(item, "L"),
    relevanceScore: 1 / item.number,
    preview: {
      status: "published",
      genres: ["Echo"],
      rating: scoreOf(item) / 10,
      description: summary(item),
      bookCount: 1,
      authors: [authorOf(item)],
      format: "echo",
    },
  };
}

export function bookMetadata(item: EchoItem): BookMetadata {
  const title = displayTitle(item);
  const year = yearOf(item);
  const isbn = isbnOf(item);
  const rating = { score: scoreOf(item), voteCount: item.seed % 5000, source: "echo" };
  return {
    externalId: externalIdOf(item),
    externalUrl: pageUrl(item),
    title,
    subtitle: `Echo number ${item.number}`,
    alternateTitles: [{ title: `${title} (echo)`, language: "en", titleType: "english" }],
    summary: summary(item),
    bookType: "novel",
    volume: item.number,
    chapter: item.number + 0.5,
    year,
    releaseDate: `${year}-03-01`,
    pageCount: 100 + item.seed % 900,
    language: "en",
    ageRating: item.seed % 19,
    genres: ["Echo", "Example"],
    tags: ["deterministic", "offline"],
    subjects: ["Echoes", "Worked examples"],
    authors: [{ name: authorOf(item), role: "author", sortName: `${item.title}, Author of` }],
    artists: [{ name: `Artist of ${item.title}`, role: "cover_artist" }],
    translator: `Translator of ${item.title}`,
    publisher: "Echo Press",
    edition: "First echo",
    isbn,
    isbns: [isbn],
    originalTitle: `${title} (original)`,
    originalYear: year - 1,
    seriesPosition: item.number,
    seriesTotal: item.number + 2,
    coverUrl: coverUrl(item, "L"),
    covers: COVERS.map(({ letter, ...cover }) => ({ url: coverUrl(item, letter), ...cover })),
    rating,
    externalRatings: [rating],
    awards: [{ name: "Echo Prize", year, category: "Fiction", won: item.seed % 2 === 0 }],
    externalLinks: [{ url: pageUrl(item), label: "Echo", linkType: "provider" }],
    externalIds: [{ source: "api:echo", externalId: externalIdOf(item) }],
  };
}

const COVERS = [
  { letter: "S", size: "small", width: 40, height: 60 },
  { letter: "M", size: "medium", width: 180, height: 270 },
  { letter: "L", size: "large", width: 500, height: 750 },
] as const satisfies readonly (Omit<Cover, "url"> & { letter: string })[];

function summary(item: EchoItem): string {
  return `What Echo says about ${displayTitle(item)}, the same every time it is asked.`;
}

/** A valid ISBN-13 of the prefix 979-9, which no agency hands out. */
function isbnOf({ seed }: EchoItem): string {
  const body = `9799${String(seed % 100_000_000).padStart(8, "0")}`;
  const sum = [...body].reduce(
    (total, digit, index) => total + Number(digit) * (1 + index % 2 * 2),
    0,
  );
  return `${body}${(10 - sum % 10) % 10}`;
}

function pageUrl(item: EchoItem): string {
  return `https://echo.example/books/${encodeURIComponent(externalIdOf(item))}`;
}

function coverUrl({ seed }: EchoItem, letter: string): string {
  return `https://covers.echo.example/books/${seed}-${letter}.jpg`;
}
