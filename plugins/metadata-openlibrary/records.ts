/**
 * Records of Open Library in a form that can be relied on. The raw JSON has grown for twenty years:
 * anything may be missing, null or of an older type, and is then left out here.
 */
import { isbn13sOf } from "./isbn.ts";
import { descriptionOf, listOf, objectOf, positiveIntegerOf, textOf, textsOf } from "./text.ts";

/** `OL45804W` (work), `OL7353617M` (edition), `OL26320A` (author). */
export type OpenLibraryId = string;
export type RecordKind = "works" | "books" | "authors";

export interface RecordKey {
  readonly kind: RecordKind;
  readonly id: OpenLibraryId;
}

export interface WorkRecord {
  readonly id: OpenLibraryId;
  readonly title?: string | undefined;
  readonly subtitle?: string | undefined;
  readonly description?: string | undefined;
  readonly authorIds: readonly OpenLibraryId[];
  /** Ids for the cover service, the main one first. */
  readonly coverIds: readonly number[];
  readonly subjects: readonly string[];
  readonly firstPublishDate?: string | undefined;
  readonly links: readonly { readonly url: string; readonly title: string }[];
}

export interface EditionRecord {
  readonly id: OpenLibraryId;
  readonly workId?: OpenLibraryId | undefined;
  readonly title?: string | undefined;
  readonly subtitle?: string | undefined;
  readonly description?: string | undefined;
  readonly authorIds: readonly OpenLibraryId[];
  /** Names with what they did, as free text: "Moxley, Sheila, ill.", "Alan Lee (Illustrator)". */
  readonly contributions: readonly string[];
  readonly contributors: readonly { readonly name: string; readonly role?: string | undefined }[];
  readonly publisher?: string | undefined;
  /** Free text. */
  readonly publishDate?: string | undefined;
  /** Valid ones, 13 digits. */
  readonly isbns: readonly string[];
  readonly pageCount?: number | undefined;
  /** MARC codes, for instance `eng`. */
  readonly languageCodes: readonly string[];
  readonly series: readonly string[];
  readonly coverIds: readonly number[];
  readonly subjects: readonly string[];
  readonly editionName?: string | undefined;
  readonly translationOf?: string | undefined;
  readonly otherTitles: readonly string[];
  /** Ids elsewhere, for instance `goodreads`. */
  readonly identifiers: readonly { readonly source: string; readonly id: string }[];
  /** Item of the Internet Archive. */
  readonly archiveId?: string | undefined;
}

export interface AuthorRecord {
  readonly id: OpenLibraryId;
  readonly name: string;
}

/** A work as the search index has it. */
export interface SearchDoc {
  readonly workId: OpenLibraryId;
  readonly title: string;
  readonly subtitle?: string | undefined;
  readonly authors: readonly { readonly id?: OpenLibraryId | undefined; readonly name: string }[];
  readonly firstPublishYear?: number | undefined;
  readonly isbns: readonly string[];
  readonly coverId?: number | undefined;
  readonly subjects: readonly string[];
  readonly rating?: RatingRecord | undefined;
}

export interface RatingRecord {
  /** 1..5. */
  readonly average: number;
  readonly count: number;
}

const KIND_BY_LETTER: Readonly<Record<string, RecordKind>> = {
  W: "works",
  M: "books",
  A: "authors",
};

/** Reads `/works/OL45804W`, with or without `.json`, a title after it, or a bare `OL45804W`. */
export function parseRecordKey(text: string): RecordKey | undefined {
  const parts = /^(?:\/(works|books|authors)\/)?(OL[1-9]\d{0,11}([WMA]))(?:\.json)?(?:[/?#].*)?$/s
    .exec(text);
  const [, folder, id, letter = ""] = parts ?? [];
  const kind = KIND_BY_LETTER[letter];
  if (id === undefined || kind === undefined) return undefined;
  return folder === undefined || folder === kind ? { kind, id } : undefined;
}

/** What a record is: Open Library answers 200 for redirected and deleted ones too. */
export function readRecordType(
  raw: unknown,
): { kind: "record" | "deleted" } | { kind: "redirect"; location: string } {
  const { type, location } = objectOf(raw);
  const typeKey = textOf(objectOf(type).key) ?? textOf(type);
  if (typeKey === "/type/delete") return { kind: "deleted" };
  if (typeKey === "/type/redirect") return { kind: "redirect", location: textOf(location) ?? "" };
  return { kind: "record" };
}

export function readWork(raw: unknown, id: OpenLibraryId): WorkRecord {
  const record = objectOf(raw);
  return {
    id,
    title: textOf(record.title),
    subtitle: textOf(record.subtitle),
    description: descriptionOf(record.description),
    authorIds: idsOf(listOf(record.authors).map((entry) => objectOf(entry).author), "authors"),
    coverIds: coverIdsOf(record.covers),
    subjects: textsOf(record.subjects),
    firstPublishDate: textOf(record.first_publish_date),
    links: listOf(record.links).flatMap((entry) => {
      const { url, title } = objectOf(entry);
      const address = webAddressOf(url);
      return address === undefined ? [] : [{ url: address, title: textOf(title) ?? "Link" }];
    }),
  };
}

export function readEdition(raw: unknown, id: OpenLibraryId): EditionRecord {
  const record = objectOf(raw);
  const prefix = textOf(record.title_prefix);
  const title = textOf(record.title);
  return {
    id,
    workId: idsOf(record.works, "works")[0],
    // Older records keep a leading article apart.
    title: prefix !== undefined && title !== undefined ? `${prefix} ${title}` : title,
    subtitle: textOf(record.subtitle),
    description: descriptionOf(record.description),
    authorIds: idsOf(record.authors, "authors"),
    contributions: textsOf(record.contributions),
    contributors: listOf(record.contributors).flatMap((entry) => {
      const name = textOf(objectOf(entry).name);
      return name === undefined ? [] : [{ name, role: textOf(objectOf(entry).role) }];
    }),
    publisher: textsOf(record.publishers)[0],
    publishDate: textOf(record.publish_date),
    isbns: isbn13sOf([...textsOf(record.isbn_13), ...textsOf(record.isbn_10)]),
    pageCount: positiveIntegerOf(record.number_of_pages) ?? pagesOf(textOf(record.pagination)),
    languageCodes: keysOf(record.languages).map((key) => key.replace("/languages/", "")),
    series: textsOf(record.series),
    coverIds: coverIdsOf(record.covers),
    subjects: textsOf(record.subjects),
    editionName: textOf(record.edition_name),
    translationOf: textOf(record.translation_of),
    otherTitles: textsOf(record.other_titles),
    identifiers: Object.entries(objectOf(record.identifiers)).flatMap(([source, ids]) =>
      textsOf(ids).slice(0, 1).map((identifier) => ({ source, id: identifier }))
    ),
    archiveId: textOf(record.ocaid),
  };
}

/** Undefined for a record without a name. */
export function readAuthor(raw: unknown, id: OpenLibraryId): AuthorRecord | undefined {
  const record = objectOf(raw);
  const name = textOf(record.name) ?? textOf(record.personal_name);
  return name === undefined ? undefined : { id, name };
}

/** Undefined for a document without a work or a title. */
export function readSearchDoc(raw: unknown): SearchDoc | undefined {
  const doc = objectOf(raw);
  const key = parseRecordKey(textOf(doc.key) ?? "");
  const title = textOf(doc.title);
  if (key?.kind !== "works" || title === undefined) return undefined;
  const authorIds = listOf(doc.author_key).map((author) =>
    parseRecordKey(textOf(author) ?? "")?.id
  );
  return {
    workId: key.id,
    title,
    subtitle: textOf(doc.subtitle),
    authors: listOf(doc.author_name).flatMap((entry, index) => {
      const name = textOf(entry);
      return name === undefined ? [] : [{ id: authorIds[index], name }];
    }),
    firstPublishYear: integerOf(doc.first_publish_year),
    isbns: isbn13sOf(textsOf(doc.isbn)),
    coverId: positiveIntegerOf(doc.cover_i),
    subjects: textsOf(doc.subject),
    rating: ratingOf(doc.ratings_average, doc.ratings_count),
  };
}

/** Of `/works/{id}/ratings.json`; undefined while nobody has rated the work. */
export function readRatings(raw: unknown): RatingRecord | undefined {
  const summary = objectOf(objectOf(raw).summary);
  return ratingOf(summary.average, summary.count);
}

function ratingOf(average: unknown, count: unknown): RatingRecord | undefined {
  const votes = positiveIntegerOf(count);
  if (votes === undefined || typeof average !== "number") return undefined;
  return average >= 0 && average <= 5 ? { average, count: votes } : undefined;
}

/** Keys of a list of `{key}` or plain keys. */
function keysOf(value: unknown): string[] {
  return textsOf(listOf(value).map((entry) => objectOf(entry).key ?? entry));
}

function idsOf(value: unknown, kind: RecordKind): OpenLibraryId[] {
  return keysOf(value).map(parseRecordKey).flatMap((key) => key?.kind === kind ? [key.id] : []);
}

/** `-1` stands for "no cover". */
function coverIdsOf(value: unknown): number[] {
  return listOf(value).map(positiveIntegerOf).filter((id) => id !== undefined);
}

/** The largest number of "xii, 310 p. ;". */
function pagesOf(pagination: string | undefined): number | undefined {
  const numbers = pagination?.slice(0, 200).match(/\d{1,5}/g)?.map(Number) ?? [];
  return positiveIntegerOf(Math.max(0, ...numbers));
}

function integerOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) ? value : undefined;
}

function webAddressOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text !== undefined && /^https?:\/\//i.test(text) && URL.canParse(text) ? text : undefined;
}
