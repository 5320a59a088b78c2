/** The form of a title by which lists are sorted. */
import { foldText } from "@codex/service";

/** An index entry of PostgreSQL holds at most 2,704 bytes. */
const CHARACTERS_MAX = 256;
/** Digits of a number, so that volume 10 comes after volume 9. */
const NUMBER_WIDTH = 10;

/** `The Hobbit 2` → `hobbit 0000000002, the`. */
export function titleSort(title: string): string {
  const folded = foldText(title).replace(/\s+/g, " ").trim();
  const bare = folded.replace(/^[^\p{L}\p{N}]+/u, "") || folded;
  const moved = bare.replace(/^(the|an|a) (.+)$/s, "$2, $1");
  const padded = moved.replace(
    /\d+/g,
    (digits) => digits.replace(/^0+(?=\d)/, "").padStart(NUMBER_WIDTH, "0"),
  );
  return padded.length <= CHARACTERS_MAX
    ? padded
    : Array.from(padded).slice(0, CHARACTERS_MAX).join("");
}
