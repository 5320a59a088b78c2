/** Series answers, with every field of the protocol filled. */
import type { SearchResult, SeriesMetadata } from "@codex/plugin-sdk";
import {
  authorOf,
  displayTitle,
  type EchoItem,
  externalIdOf,
  scoreOf,
  yearOf,
} from "./echo_item.ts";

const STATUSES = ["ongoing", "ended", "hiatus", "abandoned", "unknown"] as const;
const READING_DIRECTIONS = ["ltr", "rtl", "ttb"] as const;

export function seriesResult(item: EchoItem): SearchResult {
  const title = displayTitle(item);
  return {
    externalId: externalIdOf(item),
    title,
    alternateTitles: [`${title} (echo)`],
    year: yearOf(item),
    coverUrl: coverUrl(item),
    relevanceScore: 1 / item.number,
    preview: {
      status: pick(STATUSES, item.seed),
      genres: ["Echo"],
      rating: scoreOf(item) / 10,
      description: summary(item),
      bookCount: volumeCount(item),
      authors: [authorOf(item)],
      format: "echo",
    },
  };
}

export function seriesMetadata(item: EchoItem): SeriesMetadata {
  const title = displayTitle(item);
  const rating = { score: scoreOf(item), voteCount: item.seed % 5000, source: "echo" };
  return {
    externalId: externalIdOf(item),
    externalUrl: pageUrl(item),
    title,
    alternateTitles: [{ title: `${title} (echo)`, language: "en", titleType: "english" }],
    summary: summary(item),
    status: pick(STATUSES, item.seed),
    year: yearOf(item),
    totalVolumeCount: volumeCount(item),
    totalChapterCount: volumeCount(item) * 10 + 0.5,
    language: "en",
    ageRating: item.seed % 19,
    readingDirection: pick(READING_DIRECTIONS, item.seed),
    genres: ["Echo", "Example"],
    tags: ["deterministic", "offline"],
    authors: [{ name: authorOf(item), role: "author", sortName: `${item.title}, Author of` }],
    artists: [{ name: `Artist of ${item.title}`, role: "illustrator" }],
    publisher: "Echo Press",
    coverUrl: coverUrl(item),
    bannerUrl: coverUrl(item).replace("-L.jpg", "-banner.jpg"),
    rating,
    externalRatings: [rating],
    externalLinks: [{ url: pageUrl(item), label: "Echo", linkType: "provider" }],
    externalIds: [{ source: "api:echo", externalId: externalIdOf(item) }],
  };
}

function summary(item: EchoItem): string {
  return `What Echo says about ${displayTitle(item)}, the same every time it is asked.`;
}

function volumeCount({ seed }: EchoItem): number {
  return 1 + seed % 30;
}

function pageUrl(item: EchoItem): string {
  return `https://echo.example/series/${encodeURIComponent(externalIdOf(item))}`;
}

function coverUrl({ seed }: EchoItem): string {
  return `https://covers.echo.example/series/${seed}-L.jpg`;
}

function pick<const Values extends readonly string[]>(
  values: Values,
  seed: number,
): Values[number] | undefined {
  return values[seed % values.length];
}
