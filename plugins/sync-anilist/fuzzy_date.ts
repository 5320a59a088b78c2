/** Dates of which parts may be unknown. */
import { numberOf, objectOf } from "./anilist/json.ts";

export interface FuzzyDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Fields that `instantOf` reads. */
export const DATE_FIELDS = "{ year month day }";

/** The earliest instant that a date can mean, ISO 8601; undefined without a year. */
export function instantOf(date: unknown): string | undefined {
  const { year, month, day } = objectOf(date);
  const yearNumber = numberOf(year) ?? 0;
  if (yearNumber < 1) return undefined;
  const instant = new Date(Date.UTC(yearNumber, (numberOf(month) ?? 1) - 1, numberOf(day) ?? 1));
  // Date.UTC reads years below 100 as 1900 and more.
  instant.setUTCFullYear(yearNumber);
  return instant.toISOString();
}

/** The day that an ISO 8601 time names, in its own time zone: the reader's day, not Greenwich's. */
export function fuzzyDateOf(instant: string): FuzzyDate | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})/.exec(instant) ?? [];
  if (year === undefined) return undefined;
  return { year: Number(year), month: Number(month), day: Number(day) };
}
