/** Text with case and accents folded away, so that "Pokémon" and "POKEMON" are one. */

const PLAIN = /^[ -~\s]*$/;

/** Marks that Latin, Greek and Cyrillic letters carry; those of other scripts are part of the letter. */
const ACCENTS = /[\u0300-\u036f]/g;

/** Letters that Unicode doesn't decompose, and the final form of sigma. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  æ: "ae",
  đ: "d",
  ð: "d",
  ħ: "h",
  ı: "i",
  ł: "l",
  ø: "o",
  œ: "oe",
  þ: "th",
  ς: "σ",
};
const PLAIN_LETTER = new RegExp(`[${Object.keys(PLAIN_LETTERS).join("")}]`, "g");

/** Lower case, compatibility forms made plain (NFKD), accents gone. */
export function foldText(text: string): string {
  if (isPlain(text)) return text.toLowerCase();
  return text
    .normalize("NFKD")
    .replace(ACCENTS, "")
    .normalize("NFC")
    // By way of upper case "ß" becomes "ss".
    .toUpperCase()
    .toLowerCase()
    .replace(PLAIN_LETTER, (letter) => PLAIN_LETTERS[letter] ?? letter);
}

/** Whether it holds only ASCII and white space: the usual case, and quick to work on. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}
