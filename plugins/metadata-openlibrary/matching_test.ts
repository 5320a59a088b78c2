import assert from "node:assert/strict";
import { withPlugin } from "./testing/scene.ts";

Deno.test("match takes the book with the ISBN, the title and the author", () =>
  withPlugin(async ({ match }) => {
    // Of the edition, and of the work, which is what catalogues often know.
    for (const year of [2002, 1937]) {
      const byIsbn = await match("book", {
        title: "The Hobbit",
        authors: ["J.R.R. Tolkien"],
        isbn: "0618260307",
        year,
      });
      assert.equal(byIsbn.match?.externalId, "OL900201M");
      assert.ok(byIsbn.confidence > 0.9);
    }
    const byTitle = await match("book", {
      title: "Dune Messiah (Dune Chronicles #2)",
      authors: ["Frank Herbert"],
    });
    assert.equal(byTitle.match?.externalId, "OL900104W");
    assert.ok(byTitle.confidence > 0.9);
    const series = await match("series", {
      title: "Frankenstein",
      author: "Mary Shelley",
      year: 1818,
    });
    assert.equal(series.match?.externalId, "OL900105W");
    assert.ok(series.confidence > 0.8);
  }));

Deno.test("a fuller record of another book doesn't win, and what isn't there isn't matched", () =>
  withPlugin(async ({ match }) => {
    // The record with the zombies is the fuller one.
    const austen = await match("book", { title: "Pride and Prejudice", authors: ["Jane Austen"] });
    assert.equal(austen.match?.externalId, "OL900107W");
    assert.deepEqual(austen.alternatives?.map(({ externalId }) => externalId), ["OL900108W"]);
    const other = await match("book", { title: "The Hobbit", authors: ["Somebody Else"] });
    assert.equal(other.match, null);
    assert.ok(other.confidence < 0.5);
    assert.ok((other.alternatives?.length ?? 0) > 0);
    const none = await match("series", { title: "Zzyzx Unwritten" });
    assert.deepEqual(none, { match: null, confidence: 0, alternatives: [] });
    const secondVolume = await match("series", {
      title: "One Piece, Vol. 2",
      author: "Eiichiro Oda",
    });
    assert.equal(secondVolume.match?.externalId, "OL900115W");
  }));

Deno.test("without an author, works of the same title by different people are a guess", () =>
  withPlugin(async ({ match }) => {
    const guess = await match("series", { title: "Monsters" });
    assert.equal(guess.confidence, 0.5);
    assert.equal(guess.alternatives?.length, 1);
    const known = await match("series", { title: "Monsters", author: "Moore, Alan" });
    assert.equal(known.match?.externalId, "OL900119W");
    assert.ok(known.confidence > 0.9);
    // An adaptation with a title of its own is no rival.
    const hobbit = await match("series", { title: "The Hobbit" });
    assert.equal(hobbit.match?.externalId, "OL900101W");
    assert.ok(hobbit.confidence > 0.8);
  }));
