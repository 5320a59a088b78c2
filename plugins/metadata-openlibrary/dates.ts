/** Publication dates as catalogues write them: free text in many orders. */

/** A date to the precision known. */
export interface PartialDate {
  readonly year: number;
  /** 1..12. */
  readonly month?: number;
  /** 1..31; only with a month. */
  readonly day?: number;
}

/** Languages whose month names are read; together they cover nearly all records with a named month. */
const MONTH_LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl"];

/** Words between a day and its month: "1st March", "1 de marzo", "1er mars". */
const BETWEEN_DAY_AND_MONTH = new Set(["st", "nd", "rd", "th", "of", "de", "di", "er"]);

/** Made at the first date with a word in it: making it takes half as long as starting the plugin. */
let monthByName: ReadonlyMap<string, number> | undefined;

/**
 * Reads "March 1, 1997", "1 Mar 1997", "März 1997", "1997-03-01", "c1997", "[1997?]", "Spring 1997" and
 * the like. Where day and month can't be told apart (03/01/1997) only the year is taken. Undefined when
 * there is no year from 1000 to 2099.
 */
export function parsePublishDate(text: string): PartialDate | undefined {
  const year = Number(/(?<!\d)(?:1\d|20)\d\d(?!\d)/.exec(text)?.[0]);
  if (!Number.isInteger(year)) return undefined;
  const iso = /(?<!\d)\d{4}-(\d{1,2})(?:-(\d{1,2}))?(?!\d)/.exec(text);
  if (iso !== null) return partialDate(year, Number(iso[1]), dayOf(iso[2]));

  if (!/\p{L}/u.test(text)) return { year };

  const words = plain(text).match(/\p{L}+|\d+/gu) ?? [];
  const months = monthByName ??= monthNames();
  const at = words.findIndex((word) => months.has(word));
  const month = months.get(words[at] ?? "");
  if (month === undefined) return { year };
  const before = words.slice(0, at).filter((word) => !BETWEEN_DAY_AND_MONTH.has(word)).at(-1);
  return partialDate(year, month, dayOf(words[at + 1]) ?? dayOf(before));
}

/** ISO 8601, to the precision known: `1997`, `1997-03`, `1997-03-01`. */
export function formatPartialDate({ year, month, day }: PartialDate): string {
  return [String(year), month, day]
    .filter((part) => part !== undefined)
    .map((part) => String(part).padStart(2, "0"))
    .join("-");
}

/** Drops what no calendar has: the month of "1997-13", the day of "30 February". */
function partialDate(year: number, month: number, day: number | undefined): PartialDate {
  if (month < 1 || month > 12) return { year };
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return day === undefined || day < 1 || day > daysInMonth ? { year, month } : { year, month, day };
}

function dayOf(word: string | undefined): number | undefined {
  return word !== undefined && /^\d{1,2}$/.test(word) ? Number(word) : undefined;
}

/** Long and short names in lower case, without dots and accents, to 1..12. */
function monthNames(): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const language of MONTH_LANGUAGES) {
    for (const style of ["long", "short"] as const) {
      const format = new Intl.DateTimeFormat(language, { month: style, timeZone: "UTC" });
      for (let month = 1; month <= 12; month++) {
        names.set(plain(format.format(Date.UTC(2000, month - 1))).replace(".", ""), month);
      }
    }
  }
  return names;
}

function plain(text: string): string {
  return text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
