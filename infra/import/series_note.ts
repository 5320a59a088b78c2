/** Titles of the goodbooks list, which carry their series in brackets: "Catching Fire (The Hunger Games, #2)". */

/** One series that a title names. */
export interface SeriesPlace {
  readonly name: string;
  /** The number, or the first of several. May be fractional. */
  readonly number: number;
  /** As written, when it is more than one: "1-3", "0.5, 2.5". Such a book holds several of the series. */
  readonly numbers?: string;
}

export interface ReadTitle {
  /** Without the note. */
  readonly title: string;
  /** The main one first; empty for a book that stands alone. */
  readonly places: readonly SeriesPlace[];
}

const NUMBER = String.raw`\d+(?:\.\d+)?`;
/** "#2", "# 2", "#1-3", "#0.1 - 0.4", "#1–3", "#1-4 + 3.5", "#0.5, 2.5". */
const NUMBERS = new RegExp(
  String.raw`#\s*(${NUMBER})((?:\s*[-\u2013]\s*${NUMBER}|\s*[,+&]\s*${NUMBER}(?![\w.]))*)`,
  "g",
);

/** Reads a title; one without a note in brackets at its end with a "#" and a number stays as it is. */
export function readTitle(text: string): ReadTitle {
  const title = text.trim().replaceAll(/\s+/g, " ");
  const start = noteStart(title);
  const places = start === -1 ? [] : readNote(title.slice(start + 1, -1));
  const [main] = places;
  if (main === undefined) return { title, places: [] };
  return { title: title.slice(0, start).trim() || main.name, places };
}

/** Where the last bracket opens, brackets within it counted: "(Ranma ½ (US 2nd), #1)". */
function noteStart(title: string): number {
  if (!title.endsWith(")")) return -1;
  let depth = 0;
  for (let index = title.length - 1; index >= 0; index--) {
    if (title[index] === ")") depth++;
    if (title[index] === "(" && --depth === 0) return index;
  }
  return -1;
}

/**
 * "Discworld, #40, Moist von Lipwig #3" names two. What follows a number and is no further series,
 * such as ": Part 2 of 2", says which part of that number the book is, and is left out.
 */
function readNote(note: string): SeriesPlace[] {
  const places: SeriesPlace[] = [];
  let from = 0;
  for (const found of note.matchAll(NUMBERS)) {
    const name = cleanName(note.slice(from, found.index));
    from = found.index + found[0].length;
    if (name === "") continue;
    const [, first = "", more = ""] = found;
    const number = Number(first);
    places.push(
      more === "" ? { name, number } : { name, number, numbers: tidyNumbers(first + more) },
    );
  }
  return places;
}

function cleanName(text: string): string {
  return text.replace(/^[\s,;:]+/, "").replace(/[\s,;:]+$/, "").replace(/\s+part$/i, "");
}

function tidyNumbers(text: string): string {
  return text
    .replaceAll(/\s*[-\u2013]\s*/g, "-")
    .replaceAll(/\s*([,+&])\s*/g, (_whole, sign) => sign === "," ? ", " : ` ${sign} `);
}
