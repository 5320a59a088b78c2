/** A made-up catalogue in the shape of a real one: four books in nine belong to a series. */

const WORDS =
  ("night river stone glass winter garden shadow empire letter song house daughter king " +
    "secret silver memory ocean blood crown summer bridge forest thief mirror storm last lost")
    .split(" ");
const FIRST_NAMES = "Anna Bela Carl Dora Erik Fay Georg Hana Ivo Jane Kofi Lena Miguel Noor Oda"
  .split(" ");
const LAST_NAMES =
  "Adler Brandt Castillo Diaz Eklund Fischer García Hughes Ito Jansen Kowalski Lund"
    .split(" ");
const GENRES = ["Fantasy", "Crime", "Romance", "History", "Science Fiction", "Classics"];

/** NDJSON lines that hold `books` books in all; the same at every call. */
export function catalogue(books: number): string {
  const lines: string[] = [];
  let made = 0;
  for (let index = 0; made < books; index++) {
    // Of 28 series 25 have one book, the others 7 each: of 46 books 21 are in a series.
    const wanted = index % 28 < 25 ? 1 : 7;
    const count = Math.min(wanted, books - made);
    const name = titleOf(index);
    lines.push(JSON.stringify({
      key: `series-${index}`,
      title: name,
      metadata: { authors: authorsOf(index), language: "eng", genres: [pick(GENRES, index)] },
      books: Array.from({ length: count }, (_, place) => bookOf(made + place, index, name, place)),
    }));
    made += count;
  }
  return lines.map((line) => `${line}\n`).join("");
}

function bookOf(number: number, series: number, seriesTitle: string, place: number) {
  const isbn = String(10_000_000 + number * 7).padStart(9, "0");
  return {
    key: `goodreads-${number}`,
    title: place === 0 ? seriesTitle : titleOf(number + 50_000),
    number: place + 1,
    metadata: {
      authors: authorsOf(series),
      year: 1900 + number % 120,
      language: "eng",
      originalTitle: titleOf(number + 50_000),
      isbn: `${isbn}X`,
      isbns: [`978${isbn}0`],
      coverUrl: `https://images.example.org/books/${number}m/${number}.jpg`,
      rating: { score: 50 + number % 50, voteCount: number * 13, source: "goodreads" },
    },
    externalIds: [{ source: "goodreads", externalId: String(number) }],
  };
}

function titleOf(seed: number): string {
  const words = [seed, seed * 7 + 3, seed * 31 + 11].map((value) => pick(WORDS, value));
  return `The ${words.join(" ")} ${seed}`;
}

function authorsOf(seed: number) {
  return Array.from({ length: 1 + seed % 3 % 2 }, (_, index) => ({
    name: `${pick(FIRST_NAMES, seed + index)} ${pick(LAST_NAMES, seed * 5 + index)}`,
    role: "author",
  }));
}

function pick<Value>(values: readonly Value[], seed: number): Value {
  const value = values[seed % values.length];
  if (value === undefined) throw new Error("Nothing to pick from");
  return value;
}
