/** What Echo recommends: to each series of the library, sequels that follow from its title alone. */
import type { LibraryEntry, Recommendation, RecommendationParams } from "@codex/plugin-sdk";

const LIMIT_DEFAULT = 10;
const SOURCE = "api:echo";
/** The series itself is the first. */
const FIRST_SEQUEL = 2;

/**
 * The second part of each series in the order of the library, then the third of each, and so on.
 *
 * @param dismissed ids that the reader doesn't want to see
 */
export function recommendSequels(
  { library, limit = LIMIT_DEFAULT, excludeIds }: RecommendationParams,
  perSeries: number,
  dismissed: ReadonlySet<string>,
): Recommendation[] {
  const unwanted = new Set([...excludeIds, ...dismissed]);
  const owned = ownedSeries(library);
  const recommendations: Recommendation[] = [];
  for (let number = FIRST_SEQUEL; number < FIRST_SEQUEL + perSeries; number++) {
    for (const { title } of library) {
      if (recommendations.length === limit) return recommendations;
      const externalId = `${number}:${title}`;
      if (unwanted.has(externalId)) continue;
      // Two series of one title lead to the same sequel.
      unwanted.add(externalId);
      const position = recommendations.length + 1;
      recommendations.push(sequel({ title, number, position }, owned.get(externalId)));
    }
  }
  return recommendations;
}

/** As the echo plugin for metadata names and titles the later results of a search. */
function sequel(
  { title, number, position }: { title: string; number: number; position: number },
  codexSeriesId: string | undefined,
): Recommendation {
  const externalId = `${number}:${title}`;
  return {
    externalId,
    externalUrl: `https://echo.example/series/${encodeURIComponent(externalId)}`,
    title: `${title} ${number}`,
    coverUrl: `https://covers.echo.example/series/${encodeURIComponent(externalId)}-L.jpg`,
    summary: `What Echo would read after ${title}, the same every time it is asked.`,
    genres: ["Echo"],
    tags: [{ name: "deterministic", rank: 100, category: "Echo" }],
    score: 1 / position,
    reason: `It echoes ${title}`,
    basedOn: [title],
    codexSeriesId,
    inLibrary: codexSeriesId !== undefined,
    status: "ongoing",
    format: "MANGA",
    countryOfOrigin: "JP",
    startYear: 2000 + number,
    totalVolumeCount: number * 5,
    totalChapterCount: number * 50,
    rating: Math.max(0, 100 - number),
    popularity: 1000 * number,
  };
}

/** Ids of this source → the series of the library that has it. */
function ownedSeries(library: readonly LibraryEntry[]): Map<string, string> {
  const owned = new Map<string, string>();
  for (const { seriesId, externalIds } of library) {
    for (const { source, externalId } of externalIds) {
      if (source === SOURCE) owned.set(externalId, seriesId);
    }
  }
  return owned;
}
