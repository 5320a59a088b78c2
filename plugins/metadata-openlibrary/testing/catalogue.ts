/** The fake's records, written for it in Open Library's shapes, and a search over them. */
import authors from "./records/authors.json" with { type: "json" };
import editions from "./records/editions.json" with { type: "json" };
import ratings from "./records/ratings.json" with { type: "json" };
import works from "./records/works.json" with { type: "json" };
import { parseIsbn } from "../isbn.ts";
import { listOf, objectOf, textOf, textsOf } from "../text.ts";

type RawRecord = Readonly<Record<string, unknown>>;

/** What the search index holds of a work, and the words it is found by. */
interface Indexed {
  readonly doc: RawRecord;
  readonly titleWords: ReadonlySet<string>;
  readonly authorWords: ReadonlySet<string>;
  readonly allWords: ReadonlySet<string>;
}

/** What comes when no fields are named. */
const DEFAULT_FIELDS = [
  "author_key",
  "author_name",
  "cover_edition_key",
  "cover_i",
  "edition_count",
  "first_publish_year",
  "has_fulltext",
  "key",
  "language",
  "subtitle",
  "title",
];

const records = new Map<string, RawRecord>(
  [...authors, ...works, ...editions].map((record) => [record.key, record]),
);
const index = works.filter((work) => "title" in work).map(indexed);

/** By key, for instance `/works/OL900101W`. */
export function findRecord(key: string): RawRecord | undefined {
  return records.get(key);
}

/** Key of the edition that has this ISBN in either form. */
export function findIsbn(text: string): string | undefined {
  const wanted = parseIsbn(text)?.isbn13;
  return editions.find((edition) => wanted !== undefined && isbnsOf(edition).includes(wanted))?.key;
}

/** A work that nobody has rated answers zeros and null. */
export function findRatings(workKey: string): RawRecord {
  const known = objectOf(ratings)[workKey];
  return objectOf(known ?? { summary: { average: null, count: 0, sortable: null }, counts: {} });
}

/** `/search.json`, as far as the parameters `q`, `title`, `author`, `fields`, `limit`, `offset` and `page` go. */
export function search(params: URLSearchParams): RawRecord {
  const q = params.get("q") ?? "";
  const limit = Number(params.get("limit") ?? 100);
  const offset = Number(params.get("offset") ?? (Number(params.get("page") ?? 1) - 1) * limit);
  const fields = params.get("fields")?.split(",") ?? DEFAULT_FIELDS;
  const found = index.filter((entry) =>
    matchesQuery(entry, q) &&
    hasWords(entry.titleWords, params.get("title")) &&
    hasWords(entry.authorWords, params.get("author"))
  );
  const docs = found.slice(offset, offset + limit).map(({ doc }) =>
    fields.includes("*")
      ? doc
      : Object.fromEntries(Object.entries(doc).filter(([field]) => fields.includes(field)))
  );
  return {
    numFound: found.length,
    start: offset,
    numFoundExact: true,
    num_found: found.length,
    documentation_url: "https://openlibrary.org/dev/docs/api/search",
    q,
    offset: params.has("offset") ? offset : null,
    docs,
  };
}

/** `isbn:(a OR b)`, `key:/works/…`, `title:"…"`, or words that all have to occur. */
function matchesQuery({ doc, titleWords, allWords }: Indexed, q: string): boolean {
  const [, field, value = ""] = /^(isbn|key|title):(?:\(([^)]*)\)|"([^"]*)"|(.*))$/s.exec(q)
    ?.filter((part) => part !== undefined) ?? [];
  if (field === undefined) return hasWords(allWords, q);
  if (field === "title") return hasWords(titleWords, value);
  if (field === "key") return value === doc.key;
  const wanted = value.split(/\s+OR\s+/).map((text) => parseIsbn(text)?.isbn13);
  return listOf(doc.isbn).some((isbn) => wanted.includes(parseIsbn(String(isbn))?.isbn13));
}

function hasWords(words: ReadonlySet<string>, wanted: string | null): boolean {
  return wanted === null || wordsOf(wanted).every((word) => words.has(word));
}

function indexed(work: RawRecord): Indexed {
  const own = editions.filter((edition) =>
    "works" in edition && edition.works?.some(({ key }) => key === work.key)
  );
  const people = listOf(work.authors).flatMap((entry) => {
    const person = resolve(textOf(objectOf(objectOf(entry).author).key));
    return person === undefined ? [] : [person];
  });
  const doc = searchDoc(work, own, people);
  const titleWords = new Set(
    wordsOf(...[work, ...own].flatMap(({ title, subtitle }) => textsOf([title, subtitle]))),
  );
  const authorWords = new Set(
    wordsOf(
      ...people.flatMap(({ name, alternate_names }) => textsOf([name, ...listOf(alternate_names)])),
    ),
  );
  const subjectWords = wordsOf(...textsOf(work.subjects));
  return {
    doc,
    titleWords,
    authorWords,
    allWords: new Set([...titleWords, ...authorWords, ...subjectWords]),
  };
}

/** Fields without a value are left out, as the index does. */
function searchDoc(
  work: RawRecord,
  own: readonly RawRecord[],
  people: readonly RawRecord[],
): RawRecord {
  const { average, count } = objectOf(findRatings(String(work.key)).summary);
  const years = [work.first_publish_date, ...own.map((edition) => edition.publish_date)]
    .map((date) => Number(/\b\d{4}\b/.exec(textOf(date) ?? "")?.[0]))
    .filter((year) => year > 0);
  const languages = own.flatMap((edition) => listOf(edition.languages).map(objectOf));
  const doc = {
    key: work.key,
    title: work.title,
    subtitle: work.subtitle,
    author_key: people.map(({ key }) => String(key).replace("/authors/", "")),
    author_name: people.map(({ name }) => name),
    first_publish_year: years.length > 0 ? Math.min(...years) : undefined,
    isbn: own.flatMap(isbnsOf),
    cover_i: listOf(work.covers).find((id) => Number(id) > 0),
    edition_count: own.length,
    edition_key: own.map(({ key }) => String(key).replace("/books/", "")),
    language: [...new Set(languages.map(({ key }) => String(key).replace("/languages/", "")))],
    subject: work.subjects,
    ratings_average: Number(count) > 0 ? average : undefined,
    ratings_count: Number(count) > 0 ? count : undefined,
    has_fulltext: own.some((edition) => edition.ocaid !== undefined),
  };
  return Object.fromEntries(
    Object.entries(doc).filter(([, value]) =>
      Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null
    ),
  );
}

/** Follows a merged author; a deleted one is gone. */
function resolve(key: string | undefined): RawRecord | undefined {
  const record = key === undefined ? undefined : records.get(key);
  const location = textOf(record?.location);
  if (location !== undefined) return resolve(location);
  return record?.name === undefined ? undefined : record;
}

function isbnsOf(edition: RawRecord): string[] {
  return textsOf([...listOf(edition.isbn_13), ...listOf(edition.isbn_10)])
    .map((text) => parseIsbn(text)?.isbn13)
    .filter((isbn) => isbn !== undefined);
}

function wordsOf(...texts: readonly string[]): string[] {
  return texts
    .join(" ")
    .normalize("NFKD")
    .replaceAll(/[\p{M}'\u2019]/gu, "")
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];
}
