/** How alike two titles, and two lists of people, are. The texts may be a plugin's, of any length. */
import { foldText } from "@codex/service";

/** Titles that agree but for a subtitle that only one of them has. */
const WITHOUT_SUBTITLE = 0.92;
/** Titles that count differently ("Foo 2", "Foo 3") are different works, however alike. */
const OTHER_NUMBER_MAX = 0.6;
/** Longer texts are compared by their beginning. */
const COMPARED_CHARACTERS_MAX = 300;

/** 0 to 1. Case, accents, punctuation, a leading article and a bracketed ending don't count. */
export function titleSimilarity(left: string, right: string): number {
  return similarityOf(
    left.slice(0, COMPARED_CHARACTERS_MAX),
    right.slice(0, COMPARED_CHARACTERS_MAX),
  );
}

function similarityOf(left: string, right: string): number {
  const [first, second] = [titleKey(left), titleKey(right)];
  if (first === "" || second === "") return 0;
  if (first === second) return 1;
  let similarity = dice(first, second);
  const [firstMain, secondMain] = [titleKey(mainTitle(left)), titleKey(mainTitle(right))];
  const oneHasSubtitle = (firstMain === first) !== (secondMain === second);
  if (oneHasSubtitle && firstMain === secondMain) {
    similarity = Math.max(similarity, WITHOUT_SUBTITLE);
  }
  return numbersOf(first) === numbersOf(second)
    ? similarity
    : Math.min(similarity, OTHER_NUMBER_MAX);
}

/** Whether one person is in both lists; undefined where one of them is empty. */
export function shareAuthor(
  left: readonly string[],
  right: readonly string[],
): boolean | undefined {
  if (left.length === 0 || right.length === 0) return undefined;
  return left.some((name) => right.some((other) => isSamePerson(name, other)));
}

function titleKey(title: string): string {
  const words = wordsOf(title.replace(/\s*[([][^()[\]]*[)\]]\s*$/, "") || title);
  const bare = /^(the|an|a)$/.test(words[0] ?? "") && words.length > 1 ? words.slice(1) : words;
  return bare.join(" ");
}

function mainTitle(title: string): string {
  return title.split(/:\s|\s[-–—]\s/, 1)[0] ?? title;
}

function numbersOf(key: string): string {
  return (key.match(/\d+/g) ?? []).map(Number).join(" ");
}

/** "J.R.R. Tolkien", "Tolkien, J. R. R." and "John Ronald Reuel Tolkien" are one. */
function isSamePerson(left: string, right: string): boolean {
  const [first, second] = [left, right]
    .map((name) => wordsOf(name.slice(0, COMPARED_CHARACTERS_MAX))) as [string[], string[]];
  const long = (words: string[]) => words.filter((word) => word.length > 1);
  const shared = long(first).filter((word) => second.includes(word));
  if (shared.length === 0) return false;
  const [firstRest, secondRest] = [first, second]
    .map((words) => words.filter((word) => !shared.includes(word)));
  // What is left must agree as initials, or be missing on one side.
  const initials = (words: readonly string[] = []) => words.map((word) => word.charAt(0)).sort();
  const [fewer = [], more = []] = [initials(firstRest), initials(secondRest)]
    .sort((a, b) => a.length - b.length);
  return fewer.every((letter) => more.includes(letter));
}

function wordsOf(text: string): string[] {
  return foldText(text).replace(/(?<=\p{L})['’](?=\p{L})/gu, "").match(/[\p{L}\p{N}\p{M}]+/gu) ??
    [];
}

/** Sørensen–Dice coefficient of the letter pairs. */
function dice(left: string, right: string): number {
  if (left.length < 2 || right.length < 2) return 0;
  const pairs = new Map<string, number>();
  for (let index = 1; index < left.length; index++) {
    const pair = left.slice(index - 1, index + 1);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  let shared = 0;
  for (let index = 1; index < right.length; index++) {
    const pair = right.slice(index - 1, index + 1);
    const count = pairs.get(pair) ?? 0;
    if (count === 0) continue;
    pairs.set(pair, count - 1);
    shared++;
  }
  return 2 * shared / (left.length + right.length - 2);
}
