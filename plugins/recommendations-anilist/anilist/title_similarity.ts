/** How alike two titles are. */

/**
 * 0..1: the share of common pairs of neighbouring letters (Sørensen–Dice). Titles with other numbers
 * are never alike: "Part 2" isn't "Part 3".
 */
export function titleSimilarity(a: string, b: string): number {
  const left = normalise(a);
  const right = normalise(b);
  if (left === "" || right === "" || numbersOf(left) !== numbersOf(right)) return 0;
  if (left === right) return 1;
  const leftPairs = pairsOf(left);
  const rightPairs = pairsOf(right);
  const counts = new Map<string, number>();
  for (const pair of leftPairs) counts.set(pair, (counts.get(pair) ?? 0) + 1);
  let common = 0;
  for (const pair of rightPairs) {
    const count = counts.get(pair) ?? 0;
    if (count === 0) continue;
    counts.set(pair, count - 1);
    common++;
  }
  const pairs = leftPairs.length + rightPairs.length;
  return pairs === 0 ? 0 : 2 * common / pairs;
}

const TITLE_CHARACTERS_MAX = 300;

/** Without accents, punctuation and leading zeros. */
function normalise(title: string): string {
  return withoutRemarks(title.slice(0, TITLE_CHARACTERS_MAX))
    .normalize("NFKD")
    .replaceAll(/\p{Mn}/gu, "")
    .toLowerCase()
    .replaceAll("&", " and ")
    .replaceAll(/['’]/g, "")
    .replaceAll(/(?<!\d)0+(?=\d)/g, "")
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** Without the remarks in brackets that files carry at their end: "Dune (2020) [Digital]". */
function withoutRemarks(title: string): string {
  const shorter = title.replace(/\s*[([{][^()[\]{}]*[)\]}]\s*$/, "");
  if (shorter === title || shorter === "") return title;
  return withoutRemarks(shorter);
}

function numbersOf(title: string): string {
  return (title.match(/\d+/g) ?? []).join(" ");
}

function pairsOf(text: string): string[] {
  const letters = [...text];
  return letters.slice(1).map((letter, index) => `${letters[index]}${letter}`);
}
