/**
 * Words by which series are found, and the words of a query.
 *
 * Both are made here, so that PostgreSQL only stores and compares them: it needs no extension and no
 * text search configuration, and text such as "www.example.com" or "-5" isn't taken apart in ways that
 * nobody expects.
 */
import { foldText, isPlain } from "@codex/service";
import { isbnForms } from "./isbn.ts";

/** Longer words are cut, in the index and in queries alike. */
const WORD_CHARACTERS_MAX = 32;
/** Words of one document. */
const WORDS_MAX = 2000;
/** Words of a series with its books: a tsvector holds 1 MiB, and a word is at most 128 bytes. */
export const SERIES_WORDS_MAX = 8000;

const PLAIN_WORD = /[a-z0-9]+/g;
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;
/** Scripts written without spaces. */
const UNSPACED = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}]+/gu;
const APOSTROPHE = /(?<=\p{L})['’ʼ](?=\p{L})/gu;
/** `J.R.R.` or `J. R. R.`, found by "jrr" too. */
const INITIALS = /(?<!\p{L})(?:\p{L}\.\s?){2,}/gu;
const HYPHENATED_NUMBER = /\d[\d-]{8,15}[\dx]/g;

/** The words of `texts`, each once. */
export function indexWords(texts: Iterable<string>, isbns: Iterable<string> = []): string[] {
  const words = new Set<string>();
  for (const text of texts) addWords(words, foldText(text));
  for (const isbn of isbns) {
    for (const form of isbnForms(isbn)) words.add(form.toLowerCase());
  }
  return words.size <= WORDS_MAX ? [...words] : [...words].slice(0, WORDS_MAX);
}

function addWords(words: Set<string>, folded: string): void {
  for (const word of split(folded)) {
    words.add(word);
    // A part of an unspaced run is found by any two letters in a row, or by one.
    if (isUnspaced(word)) { for (const letter of word) words.add(letter); }
  }
  if (!folded.includes(".")) return;
  for (const [initials] of folded.matchAll(INITIALS)) words.add(initials.replace(/[.\s]/g, ""));
}

/** The words of a series with its books, its own first. */
export function seriesWords(
  own: readonly string[],
  ofBooks: Iterable<readonly string[]>,
): string[] {
  const words = new Set(own);
  for (const list of ofBooks) for (const word of list) words.add(word);
  return words.size <= SERIES_WORDS_MAX ? [...words] : [...words].slice(0, SERIES_WORDS_MAX);
}

/** The words of a query, each of which must be found. */
export function queryWords(query: string): string[] {
  return [...new Set(split(foldText(query)))];
}

/** A tsvector's text: our words need no quoting, being letters, digits and marks alone. */
export function toVector(words: readonly string[]): string {
  return words.join(" ");
}

/** A tsquery's text: a document must have, for each word, one that begins with it. */
export function toQuery(words: readonly string[]): string {
  return words.map((word) => `${word}:*`).join(" & ");
}

/** An import splits every title and name of a catalogue: the usual text takes the short way. */
function split(folded: string): string[] {
  let text = folded;
  if (/['’ʼ]/.test(text)) text = text.replace(APOSTROPHE, "");
  if (/\d/.test(text)) text = text.replace(HYPHENATED_NUMBER, joinIsbn);
  if (isPlain(text)) return (text.match(PLAIN_WORD) ?? []).map(cut);
  return (text.match(WORD) ?? []).flatMap((word) =>
    isUnspaced(word) ? [...pairs(word)] : [cut(word)]
  );
}

function joinIsbn(number: string): string {
  return isbnForms(number)[0]?.toLowerCase() ?? number;
}

function isUnspaced(word: string): boolean {
  return !isPlain(word) && word.search(UNSPACED) >= 0;
}

/** Every two neighbouring letters of the unspaced parts, and the other parts as they are. */
function* pairs(word: string): Generator<string> {
  let end = 0;
  for (const run of word.matchAll(UNSPACED)) {
    if (run.index > end) yield cut(word.slice(end, run.index));
    const letters = Array.from(run[0]);
    if (letters.length === 1) yield run[0];
    for (let index = 1; index < letters.length; index++) {
      yield `${letters[index - 1]}${letters[index]}`;
    }
    end = run.index + run[0].length;
  }
  if (end < word.length) yield cut(word.slice(end));
}

function cut(word: string): string {
  return word.length <= WORD_CHARACTERS_MAX
    ? word
    : Array.from(word).slice(0, WORD_CHARACTERS_MAX).join("");
}
