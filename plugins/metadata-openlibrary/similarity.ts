/**
 * How surely two descriptions mean the same book: titles with subtitles, authors, year and ISBN are
 * compared. How complete a record is plays no part: a well-filled record of another book is no match.
 */

/** What is known of one side. Unknown is not the same as different. */
export interface Likeness {
  readonly title: string;
  readonly subtitle?: string | undefined;
  readonly authors: readonly string[];
  readonly year?: number | undefined;
  /** 13 digits each. */
  readonly isbns?: readonly string[] | undefined;
}

/** From here on the host may take it for the same book. */
export const MATCH_CONFIDENCE_MIN = 0.5;

/** Leading articles of the languages that most titles are in; left out on both sides. */
const ARTICLES =
  "the|a|an|der|die|das|ein|eine|le|la|les|l|un|une|el|los|las|il|lo|gli|de|het|een|o|os";
const LEADING_ARTICLE = new RegExp(String.raw`^(?:${ARTICLES}) (?=\S)`);
const TRAILING_ARTICLE = new RegExp(String.raw`, (?:${ARTICLES})$`, "i");

/** Titles are cut before they are compared, as comparing takes time with the square of the length. */
const TITLE_CHARACTERS_MAX = 300;

/**
 * 0..1. With equal ISBNs even a rather different title counts, since translations and editions vary,
 * and years don't: one side often knows the year of the work, the other that of the edition.
 */
export function confidenceOf(wanted: Likeness, found: Likeness): number {
  const title = titleSimilarity(wanted, found);
  const authors = authorFactor(wanted.authors, found.authors);
  // Cubed, as titles of different books often share most of their letters.
  const confidence = title ** 3 * authors;
  if (!hasCommonIsbn(wanted, found)) return round(confidence * yearFactor(wanted.year, found.year));
  // Numbers are reused and mistyped: with nothing else in common it is another book.
  if (title < 0.35 && authors < 0.7) return round(Math.max(confidence, 0.4));
  return round(1 - (1 - confidence) * 0.35);
}

/** 0..1: 1 when the titles say the same, with or without the subtitle being told apart. */
export function titleSimilarity(
  a: Pick<Likeness, "title" | "subtitle">,
  b: Pick<Likeness, "title" | "subtitle">,
): number {
  const left = titleParts(a);
  const right = titleParts(b);
  if (left.whole === right.whole) return 1;
  const whole = textSimilarity(left.whole, right.whole);
  if (left.main !== right.main) return whole;
  // The same main title: a missing subtitle says little, another one makes another book.
  if (left.rest === "" || right.rest === "") return Math.max(whole, 0.95);
  return Math.max(whole, 0.3 + 0.7 * textSimilarity(left.rest, right.rest));
}

/** 0..1: 1 for the same name, whatever its order, initials or accents. */
export function nameSimilarity(a: string, b: string): number {
  const left = nameTokens(a);
  const right = nameTokens(b);
  if (left.length === 0 || right.length === 0) return 0;
  if (sorted(left) === sorted(right)) return 1;
  if (left.at(-1) !== right.at(-1)) {
    // "Liu Cixin" and "Cixin Liu" were equal above; what is left is a slip of the pen.
    return 0.8 * textSimilarity(left.join(" "), right.join(" "));
  }
  const givenLeft = left.slice(0, -1);
  const givenRight = right.slice(0, -1);
  if (givenLeft.length === 0 || givenRight.length === 0) return 0.8;
  return givenNamesAgree(givenLeft, givenRight) ? 0.95 : 0.3;
}

/** Lower case, no accents and punctuation, "&" as a word, no leading article. */
export function normalizeTitle(title: string): string {
  return plain(title.slice(0, TITLE_CHARACTERS_MAX).trim().replace(TRAILING_ARTICLE, ""))
    .replace(LEADING_ARTICLE, "");
}

/** A title without what libraries append in brackets: "Dune (Dune Chronicles, #1)". */
export function withoutSeriesNote(title: string): string {
  const stripped = title.replace(/\s*\([^()]*(?:#|\d|series|novel|edition)[^()]*\)\s*$/i, "");
  return stripped.trim() === "" ? title : stripped;
}

function titleParts({ title, subtitle }: Pick<Likeness, "title" | "subtitle">) {
  const bare = withoutSeriesNote(title.slice(0, TITLE_CHARACTERS_MAX));
  // "Frankenstein; or, The Modern Prometheus", "Sapiens: A Brief History", "Blink - The Power".
  const [, main = bare, after = ""] =
    /^(.+?)(?:\s*[:;]\s+|\s+[-\u2013\u2014]\s+)(.+)$/.exec(bare) ?? [];
  const rest = normalizeTitle(`${after} ${subtitle ?? ""}`.trim());
  const mainText = normalizeTitle(main);
  return { main: mainText, rest, whole: `${mainText} ${rest}`.trim() };
}

/** Unknown authors leave it open; other authors nearly rule it out. */
function authorFactor(wanted: readonly string[], found: readonly string[]): number {
  if (wanted.length === 0) return 0.9;
  if (found.length === 0) return 0.8;
  let best = 0;
  for (const name of wanted) {
    for (const other of found) best = Math.max(best, nameSimilarity(name, other));
  }
  return best >= 0.9 ? 1 : 0.2 + 0.8 * best ** 2;
}

/** An edition may be later than its work, by any time; a work can't be later than its edition. */
function yearFactor(wanted: number | undefined, found: number | undefined): number {
  if (wanted === undefined || found === undefined) return 0.98;
  const later = wanted - found;
  if (Math.abs(later) <= 1) return 1;
  return later > 0 ? 0.95 : 0.8;
}

function hasCommonIsbn(a: Likeness, b: Likeness): boolean {
  return a.isbns?.some((isbn) => b.isbns?.includes(isbn)) ?? false;
}

/** Letters and words alike; other numbers make another volume. */
function textSimilarity(a: string, b: string): number {
  if (a === b) return 1;
  const similarity = (dice(bigrams(a), bigrams(b)) + dice(a.split(" "), b.split(" "))) / 2;
  const left = numbersIn(a);
  const right = numbersIn(b);
  if (left === right) return similarity;
  return similarity * (left === "" || right === "" ? 0.8 : 0.4);
}

/** Sørensen–Dice coefficient of two lists as multisets: twice what is common over all. */
function dice(a: readonly string[], b: readonly string[]): number {
  if (a.length + b.length === 0) return 0;
  const counts = new Map<string, number>();
  for (const item of a) counts.set(item, (counts.get(item) ?? 0) + 1);
  let common = 0;
  for (const item of b) {
    const left = counts.get(item) ?? 0;
    if (left === 0) continue;
    counts.set(item, left - 1);
    common++;
  }
  return 2 * common / (a.length + b.length);
}

/** A single letter counts as itself, so that one-letter titles can be compared. */
function bigrams(text: string): string[] {
  return text.split(" ").flatMap((word) => {
    const letters = [...word];
    if (letters.length === 1) return letters;
    return letters.slice(1).map((letter, index) => `${letters[index]}${letter}`);
  });
}

/** Digits and roman numbers from II to XII; a lone I is mostly the word. */
function numbersIn(text: string): string {
  const roman = ["ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];
  return text.split(" ").flatMap((word) => {
    if (/^\d+$/.test(word)) return [String(Number(word))];
    const index = roman.indexOf(word);
    return index >= 0 ? [String(index + 2)] : [];
  }).join(" ");
}

/** "Tolkien, J.R.R." as j r r tolkien. */
function nameTokens(name: string): string[] {
  const [last, first, ...others] = name.split(",").map((part) => part.trim());
  const ordered = first && others.length === 0 ? `${first} ${last}` : name;
  // "JRR" stands for three initials.
  const spaced = ordered.replaceAll(
    /(?<!\p{L})\p{Lu}{2,3}(?!\p{L})/gu,
    (run) => [...run].join(" "),
  );
  return plain(spaced).split(" ").filter((token) => token !== "");
}

/** Each given name of the shorter list has its like, in order: equal, or one the other's initial. */
function givenNamesAgree(a: readonly string[], b: readonly string[]): boolean {
  const [shorter, longer] = a.length <= b.length ? [a, b] : [b, a];
  let from = 0;
  for (const name of shorter) {
    const at = longer.findIndex((other, index) => index >= from && namesAgree(name, other));
    if (at === -1) return false;
    from = at + 1;
  }
  return true;
}

function namesAgree(a: string, b: string): boolean {
  if (a.length === 1 || b.length === 1) return a[0] === b[0];
  return a === b;
}

function plain(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll("&", " and ")
    .replaceAll(/['\u2018\u2019\u02bc]/g, "")
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

function sorted(tokens: readonly string[]): string {
  return [...tokens].sort().join(" ");
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
