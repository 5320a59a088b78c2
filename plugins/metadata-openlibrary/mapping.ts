/** Open Library's records as Codex metadata. */
import type {
  Author,
  BookMetadata,
  Cover,
  ExternalId,
  ExternalLink,
  Rating,
  SearchResult,
  SeriesMetadata,
} from "@codex/plugin-sdk";
import { formatPartialDate, parsePublishDate } from "./dates.ts";
import { languageTagOf } from "./languages.ts";
import { displayName, peopleOf } from "./people.ts";
import type {
  AuthorRecord,
  EditionRecord,
  OpenLibraryId,
  RatingRecord,
  SearchDoc,
  WorkRecord,
} from "./records.ts";
import { parseSeriesStatement } from "./series_text.ts";
import { genresOf, tidySubjects } from "./subjects.ts";

/** Pages for people are always on the real site, wherever the records came from. */
const SITE = "https://openlibrary.org";
const COVERS = "https://covers.openlibrary.org/b/id";
/** Whose ids these are, in the manifest and in external ids. */
export const EXTERNAL_ID_SOURCE = "api:openlibrary";
const RATING_SOURCE = "openlibrary";
const PREVIEW_GENRES_MAX = 5;

/** What is known of a work beside its own record. */
export interface WorkContext {
  readonly authors: readonly AuthorRecord[];
  readonly rating: RatingRecord | undefined;
  /** Of its oldest edition, by the search index; few works say it themselves. */
  readonly firstPublishYear: number | undefined;
}

/** An edition with its work; what the edition leaves out comes from the work. */
export function bookFromEdition(
  edition: EditionRecord,
  work: WorkRecord | undefined,
  context: WorkContext,
): BookMetadata {
  const published = parsePublishDate(edition.publishDate ?? "");
  const people = peopleOf(context.authors, edition);
  const subjects = tidySubjects([...edition.subjects, ...work?.subjects ?? []]);
  const series = seriesOf(edition);
  return {
    externalId: edition.id,
    externalUrl: `${SITE}/books/${edition.id}`,
    title: edition.title ?? work?.title,
    subtitle: edition.subtitle ?? (edition.title === undefined ? work?.subtitle : undefined),
    alternateTitles: alternateTitlesOf(edition, work),
    summary: edition.description ?? work?.description,
    year: published?.year,
    releaseDate: published && formatPartialDate(published),
    language: edition.languageCodes.map(languageTagOf).find((tag) => tag !== undefined),
    publisher: edition.publisher,
    pageCount: edition.pageCount,
    edition: edition.editionName,
    isbn: edition.isbns[0],
    isbns: edition.isbns,
    authors: people,
    translator: people.find(({ role }) => role === "translator")?.name,
    originalTitle: edition.translationOf,
    originalYear: originalYearOf(work, context),
    seriesPosition: series?.position,
    seriesTotal: series?.total,
    genres: genresOf(subjects),
    subjects,
    ...coverFields([...edition.coverIds, ...work?.coverIds ?? []]),
    rating: ratingOf(context.rating),
    externalLinks: linksOf("books", edition.id, work, edition.archiveId),
    externalIds: [
      { source: EXTERNAL_ID_SOURCE, externalId: edition.id },
      ...edition.identifiers.map(({ source, id }) => ({ source, externalId: id })),
    ],
  };
}

/** A work has no ISBN, publisher or page count: those belong to editions and are not guessed. */
export function bookFromWork(work: WorkRecord, context: WorkContext): BookMetadata {
  const { genres, tags, ...shared } = workFields(work, context);
  return {
    ...shared,
    subtitle: work.subtitle,
    originalYear: shared.year,
    genres,
    subjects: [...genres, ...tags],
    covers: coverFields(work.coverIds).covers,
  };
}

export function seriesFromWork(work: WorkRecord, context: WorkContext): SeriesMetadata {
  return workFields(work, context);
}

export function resultFromDoc(doc: SearchDoc, relevanceScore: number): SearchResult {
  return {
    externalId: doc.workId,
    title: fullTitle(doc.title, doc.subtitle),
    year: doc.firstPublishYear,
    coverUrl: doc.coverId === undefined ? undefined : coverUrl(doc.coverId, "L"),
    relevanceScore,
    preview: {
      authors: doc.authors.map(({ name }) => displayName(name)),
      genres: genresOf(tidySubjects(doc.subjects)).slice(0, PREVIEW_GENRES_MAX),
      rating: doc.rating && oneDecimal(doc.rating.average * 2),
    },
  };
}

export function resultFromBook(book: BookMetadata, relevanceScore: number): SearchResult {
  return {
    externalId: book.externalId,
    title: fullTitle(book.title ?? "", book.subtitle),
    year: book.year,
    coverUrl: book.coverUrl,
    relevanceScore,
    preview: {
      authors: authorNames(book),
      genres: book.genres?.slice(0, PREVIEW_GENRES_MAX),
      description: book.summary,
      rating: book.rating && oneDecimal(book.rating.score / 10),
    },
  };
}

/** Those who wrote it; illustrators and translators don't tell one book from another. */
export function authorNames({ authors = [] }: BookMetadata): string[] {
  return authors.flatMap((author) => {
    if (typeof author === "string") return [author];
    return author.role === "author" ? [author.name] : [];
  });
}

function workFields(work: WorkRecord, context: WorkContext) {
  const subjects = tidySubjects(work.subjects);
  const genres = genresOf(subjects);
  return {
    externalId: work.id,
    externalUrl: `${SITE}/works/${work.id}`,
    title: work.title,
    summary: work.description,
    year: originalYearOf(work, context),
    authors: peopleOf(context.authors) satisfies Author[],
    genres,
    tags: subjects.filter((subject) => !genres.includes(subject)),
    coverUrl: coverFields(work.coverIds).coverUrl,
    rating: ratingOf(context.rating),
    externalLinks: linksOf("works", work.id, work),
    externalIds: [{ source: EXTERNAL_ID_SOURCE, externalId: work.id }] satisfies ExternalId[],
  };
}

function originalYearOf(
  work: WorkRecord | undefined,
  { firstPublishYear }: WorkContext,
): number | undefined {
  return parsePublishDate(work?.firstPublishDate ?? "")?.year ?? firstPublishYear;
}

function alternateTitlesOf(edition: EditionRecord, work: WorkRecord | undefined) {
  const titles = [...edition.otherTitles, work?.title, edition.translationOf];
  const others = titles.filter((title) => title !== undefined && title !== edition.title);
  return [...new Set(others)].map((title) => ({ title: title ?? "" }));
}

function seriesOf(edition: EditionRecord) {
  const statements = edition.series.map(parseSeriesStatement);
  return statements.find((statement) => statement?.position !== undefined);
}

/** The main cover in every size. */
function coverFields(coverIds: readonly number[]): { coverUrl?: string; covers: Cover[] } {
  const [id] = coverIds;
  if (id === undefined) return { covers: [] };
  return {
    coverUrl: coverUrl(id, "L"),
    covers: [
      { url: coverUrl(id, "S"), size: "small" },
      { url: coverUrl(id, "M"), size: "medium" },
      { url: coverUrl(id, "L"), size: "large" },
    ],
  };
}

function coverUrl(id: number, size: "S" | "M" | "L"): string {
  return `${COVERS}/${id}-${size}.jpg`;
}

/** One to five stars as 0..100. */
function ratingOf(rating: RatingRecord | undefined): Rating | undefined {
  if (rating === undefined) return undefined;
  const score = oneDecimal(rating.average * 20);
  return { score, voteCount: rating.count, source: RATING_SOURCE };
}

function linksOf(
  folder: "books" | "works",
  id: OpenLibraryId,
  work: WorkRecord | undefined,
  archiveId?: string,
): ExternalLink[] {
  const links: ExternalLink[] = [
    { url: `${SITE}/${folder}/${id}`, label: "Open Library", linkType: "provider" },
  ];
  if (archiveId !== undefined && /^[\w.-]+$/.test(archiveId)) {
    const url = `https://archive.org/details/${archiveId}`;
    links.push({ url, label: "Internet Archive", linkType: "read" });
  }
  for (const { url, title } of work?.links ?? []) {
    links.push({ url, label: title, linkType: "other" });
  }
  return links;
}

function fullTitle(title: string, subtitle: string | undefined): string {
  return subtitle === undefined ? title : `${title}: ${subtitle}`;
}

function oneDecimal(value: number): number {
  return Math.round(value * 10) / 10;
}
