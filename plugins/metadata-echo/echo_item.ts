/** The things that Echo pretends to know: each follows from a title and a number alone. */
import { NotFoundError, type SearchAnswer, type SearchResult } from "@codex/plugin-sdk";

export interface EchoItem {
  /** From 1; the first result of a search is the query itself. */
  readonly number: number;
  readonly title: string;
  /** What varies from title to title, the same every time. */
  readonly seed: number;
}

const TITLE_CHARACTERS_MAX = 200;
const PAGE_SIZE_DEFAULT = 10;

export function echoItem(title: string, number: number): EchoItem {
  const shortened = title.trim().slice(0, TITLE_CHARACTERS_MAX);
  return { number, title: shortened, seed: hash(`${number}:${shortened}`) };
}

/** Says the whole item, so that `get` needs no memory of the search: `2:The Hobbit`. */
export function externalIdOf({ number, title }: EchoItem): string {
  return `${number}:${title}`;
}

/** @throws {NotFoundError} for an id of another form */
export function itemOf(externalId: string): EchoItem {
  const parts = /^([1-9]\d{0,3}):(.+)$/s.exec(externalId);
  if (parts?.[1] === undefined || parts[2] === undefined) {
    throw new NotFoundError(`Echo has no "${externalId}"`);
  }
  return echoItem(parts[2], Number(parts[1]));
}

/** The first item of a query has its title; the others are told apart by number. */
export function displayTitle({ number, title }: EchoItem): string {
  return number === 1 ? title : `${title} ${number}`;
}

export function yearOf({ seed }: EchoItem): number {
  return 1900 + seed % 125;
}

export function authorOf({ title }: EchoItem): string {
  return `Author of ${title}`;
}

/** 0..100. */
export function scoreOf({ seed }: EchoItem): number {
  return seed % 101;
}

/** One page of a query's items; `cursor` is the number of items before it. */
export function searchPage(
  query: string,
  resultCount: number,
  page: { limit?: number | undefined; cursor?: string | undefined },
  toResult: (item: EchoItem) => SearchResult,
): SearchAnswer {
  const start = readCursor(page.cursor);
  const end = Math.min(start + (page.limit ?? PAGE_SIZE_DEFAULT), resultCount);
  const results: SearchResult[] = [];
  for (let number = start + 1; number <= end; number++) {
    results.push(toResult(echoItem(query, number)));
  }
  return { results, nextCursor: end < resultCount ? String(end) : undefined };
}

/** Beyond the end there is nothing, so a cursor of another source's form reads as the end. */
function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  return /^\d{1,6}$/.test(cursor) ? Number(cursor) : Number.MAX_SAFE_INTEGER;
}

/** FNV-1a over UTF-16 code units: small, and the same on every machine. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
