/** Names of people, and what they did for a book. */
import type { Author, AuthorRole } from "@codex/plugin-sdk";
import type { AuthorRecord, EditionRecord } from "./records.ts";

/** Beginnings of the words that catalogues use, in the order of trial. */
const ROLE_WORDS: readonly [RegExp, AuthorRole][] = [
  [/cover/i, "cover_artist"],
  [/\b(?:ill|illus|illustr\w*|ilustr\w*|picture\w*|artist|drawing\w*)\b/i, "illustrator"],
  [/\b(?:tr|trans|transl\w*|übers\w*|trad\w*|vert)\b/i, "translator"],
  [/\b(?:ed|eds|edit\w*|hrsg|comp|compil\w*)\b/i, "editor"],
  [/\bco-?author\b/i, "co_author"],
  [/\bauthor\b/i, "author"],
];

/** Everyone with a part in an edition, each name once; the authors come first. */
export function peopleOf(authors: readonly AuthorRecord[], edition?: EditionRecord): Author[] {
  const people: Author[] = authors.map(({ name }) => ({ ...nameParts(name), role: "author" }));
  for (const { name, role } of edition?.contributors ?? []) {
    people.push({ ...nameParts(name), role: roleOf(role ?? "") });
  }
  for (const text of edition?.contributions ?? []) people.push(contributionOf(text));
  const seen = new Set<string>();
  return people.filter(({ name }) => name !== "" && !seen.has(name) && seen.add(name));
}

/** "Moxley, Sheila, ill." and "Alan Lee (Illustrator)" as a person with a role. */
export function contributionOf(text: string): Author {
  const bracketed = /^([^()]*)\(([^()]*)\)\s*$/.exec(text);
  if (bracketed?.[1] !== undefined && bracketed[2] !== undefined) {
    return { ...nameParts(bracketed[1]), role: roleOf(bracketed[2]) };
  }
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  // In small letters, or after a first name: the "Ed" of "Tillman, Ed" is no editor.
  const words = parts.filter((part, index) =>
    (index > 1 || (index === 1 && /^\p{Ll}/u.test(part))) && roleOf(part) !== "contributor"
  );
  const name = parts.filter((part) => !words.includes(part)).join(", ");
  return { ...nameParts(name), role: roleOf(words.join(" ")) };
}

/** "Tolkien, J. R. R., 1892-1973" as people write it: "J. R. R. Tolkien". */
export function displayName(name: string): string {
  return nameParts(name).name;
}

function nameParts(text: string): { name: string; sortName: string | undefined } {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const [last = "", first] = parts.filter((part) => !isLifeDates(part));
  if (first === undefined) return { name: last.replaceAll(/\s+/g, " "), sortName: undefined };
  // "King, Jr." is a name with a suffix, not a last name with a first.
  if (/^(?:jr|sr|ii|iii|iv|m\.?d|ph\.?d)\.?$/i.test(first)) {
    return { name: `${last}, ${first}`, sortName: undefined };
  }
  return { name: `${first} ${last}`, sortName: `${last}, ${first}` };
}

function roleOf(text: string): AuthorRole {
  return ROLE_WORDS.find(([pattern]) => pattern.test(text))?.[1] ?? "contributor";
}

/** "1892-1973", "1968-", "b. 1950". */
function isLifeDates(part: string): boolean {
  return /^(?:[bd]\.|ca\.|fl\.|c)?\s*\d{3,4}\??(?:\s*[-\u2013].*)?$/.test(part);
}
