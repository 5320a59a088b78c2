import assert from "node:assert/strict";
import fc from "fast-check";
import {
  confidenceOf,
  type Likeness,
  MATCH_CONFIDENCE_MIN,
  nameSimilarity,
  normalizeTitle,
  titleSimilarity,
  withoutSeriesNote,
} from "./similarity.ts";

const tolkien = ["J.R.R. Tolkien"];
const hobbit: Likeness = { title: "The Hobbit", authors: tolkien, year: 1937 };

function book(title: string, authors: string[] = [], rest: Partial<Likeness> = {}): Likeness {
  return { title, authors, ...rest };
}

Deno.test("the same book is nearly certain, however it is written", () => {
  const same: [Likeness, Likeness][] = [
    [hobbit, book("Hobbit", ["Tolkien, J. R. R."], { year: 1937 })],
    [hobbit, book("The Hobbit", ["John Ronald Reuel Tolkien"], { year: 1937 })],
    [book("The Hobbit (Middle-earth, #0)", tolkien), book("Hobbit, The", tolkien)],
    [book("Les Misérables", ["Victor Hugo"]), book("Les miserables", ["Hugo, Victor"])],
    [
      book("Frankenstein", ["Mary Shelley"]),
      book("Frankenstein; or, The Modern Prometheus", ["Mary Wollstonecraft Shelley"]),
    ],
    [
      book("Sapiens: A Brief History of Humankind", ["Yuval Noah Harari"]),
      book("Sapiens", ["Yuval N. Harari"], { subtitle: "A Brief History of Humankind" }),
    ],
    [book("War & Peace", ["Leo Tolstoy"]), book("War and Peace", ["Leo Tolstoy"])],
    [book("It", ["Stephen King"]), book("It", ["Stephen King"])],
    [book("三体", ["刘慈欣"]), book("三体", ["刘慈欣"])],
  ];
  for (const [wanted, found] of same) {
    const confidence = confidenceOf(wanted, found);
    assert.ok(confidence > 0.8, `${wanted.title} / ${found.title}: ${confidence}`);
  }
});

Deno.test("another book is no match, however alike it looks and however full its record is", () => {
  const different: [Likeness, Likeness][] = [
    [hobbit, book("The Annotated Hobbit", ["Douglas A. Anderson"], { year: 1988 })],
    [hobbit, book("The Hobbit", ["Charles Dixon"], { year: 1990 })],
    [hobbit, book("The Hobbit Companion", ["David Day"], { year: 1997 })],
    [book("Dune", ["Frank Herbert"]), book("Dune Messiah", ["Frank Herbert"])],
    [
      book("Pride and Prejudice", ["Jane Austen"]),
      book("Pride and Prejudice and Zombies", ["Seth Grahame-Smith"]),
    ],
    [book("One Piece, Vol. 1", ["Eiichiro Oda"]), book("One Piece, Vol. 2", ["Eiichiro Oda"])],
    [book("Foundation", ["Isaac Asimov"]), book("Second Foundation", ["Isaac Asimov"])],
    [book("Batman: Year One"), book("Batman: The Long Halloween")],
    [book("Henry IV, Part 1"), book("Henry VI, Part 1")],
  ];
  for (const [wanted, found] of different) {
    const confidence = confidenceOf(wanted, found);
    assert.ok(
      confidence < MATCH_CONFIDENCE_MIN,
      `${wanted.title} / ${found.title}: ${confidence}`,
    );
  }
});

Deno.test("a year of a reprint hardly matters, a work later than the book does", () => {
  const first = confidenceOf(hobbit, { ...hobbit, year: 1937 });
  const reprint = confidenceOf({ ...hobbit, year: 1997 }, hobbit);
  const later = confidenceOf(hobbit, { ...hobbit, year: 1997 });
  assert.equal(first, 1);
  assert.ok(first > reprint && reprint > later);
});

Deno.test("an equal ISBN makes surer, and can't make one book of two that share nothing", () => {
  const isbns = ["9780261102217"];
  const translated = book("Der kleine Hobbit", tolkien, { isbns });
  const plain = confidenceOf(hobbit, translated);
  const withIsbn = confidenceOf({ ...hobbit, isbns }, translated);
  assert.ok(withIsbn > plain && withIsbn > MATCH_CONFIDENCE_MIN, `${plain} ${withIsbn}`);
  const other = book("Cooking for Two", ["A. Cook"], { isbns });
  assert.ok(confidenceOf({ ...hobbit, isbns }, other) < MATCH_CONFIDENCE_MIN);
});

Deno.test("unknown authors are worth less than the same and more than others", () => {
  const same = confidenceOf(book("Dune", ["Frank Herbert"]), book("Dune", ["Frank Herbert"]));
  const unknown = confidenceOf(book("Dune", ["Frank Herbert"]), book("Dune"));
  const other = confidenceOf(book("Dune", ["Frank Herbert"]), book("Dune", ["Gerald Sandy"]));
  assert.ok(same > unknown && unknown > other);
  assert.ok(unknown > MATCH_CONFIDENCE_MIN && other < MATCH_CONFIDENCE_MIN);
});

Deno.test("names agree over order, initials and accents, and not over the last name alone", () => {
  const same: [string, string][] = [
    ["J.R.R. Tolkien", "Tolkien, J. R. R."],
    ["JRR Tolkien", "John Ronald Reuel Tolkien"],
    ["Ursula K. Le Guin", "Ursula Le Guin"],
    ["Liu Cixin", "Cixin Liu"],
    ["Gabriel García Márquez", "Gabriel Garcia Marquez"],
  ];
  for (const [a, b] of same) assert.ok(nameSimilarity(a, b) >= 0.9, `${a} / ${b}`);
  assert.ok(nameSimilarity("Stephen King", "Tabitha King") < 0.5);
  assert.ok(nameSimilarity("Stephen King", "Neil Gaiman") < 0.5);
  assert.ok(nameSimilarity("Fyodor Dostoyevsky", "Fyodor Dostoevsky") > 0.5);
  assert.equal(nameSimilarity("", "Stephen King"), 0);
});

Deno.test("titles are compared without articles, accents, punctuation and series notes", () => {
  assert.equal(normalizeTitle("The Côté's  Story & More!"), "cotes story and more");
  assert.equal(normalizeTitle("Hobbit, The"), "hobbit");
  assert.equal(normalizeTitle("A"), "a");
  assert.equal(withoutSeriesNote("Dune (Dune Chronicles, #1)"), "Dune");
  assert.equal(
    withoutSeriesNote("Is Everyone Hanging Out Without Me? (And Other Concerns)").length,
    56,
  );
  assert.equal(withoutSeriesNote("(500 days)"), "(500 days)");
});

Deno.test("similarity is from 0 to 1, 1 for the same, and the same both ways", () => {
  const title = fc.string({ unit: "grapheme", maxLength: 40 });
  fc.assert(fc.property(title, title, (a, b) => {
    const there = titleSimilarity({ title: a }, { title: b });
    assert.ok(there >= 0 && there <= 1);
    assert.equal(there, titleSimilarity({ title: b }, { title: a }));
    assert.equal(titleSimilarity({ title: a }, { title: a }), 1);
  }));
});
