import assert from "node:assert/strict";
import { withPlugin } from "./testing/scene.ts";

Deno.test("an edition is described in full, with what it lacks from its work", () =>
  withPlugin(async ({ book }) => {
    const hobbit = await book("OL900201M");
    assert.deepEqual(JSON.parse(JSON.stringify(hobbit)), {
      externalId: "OL900201M",
      externalUrl: "https://openlibrary.org/books/OL900201M",
      title: "The Hobbit",
      subtitle: "or, There and Back Again",
      alternateTitles: [],
      summary: "A respectable hobbit leaves his hole without a handkerchief, and comes back with " +
        "a ring, a sword and opinions about dragons.",
      year: 2002,
      releaseDate: "2002-08-15",
      language: "en",
      publisher: "Houghton Mifflin",
      pageCount: 366,
      edition: "First Houghton Mifflin edition",
      isbn: "9780618260300",
      isbns: ["9780618260300"],
      authors: [{ name: "J. R. R. Tolkien", role: "author" }],
      originalYear: 1937,
      seriesPosition: 0,
      genres: ["Fantasy"],
      subjects: [
        "Fantasy",
        "Hobbits (Fictitious characters)",
        "Fantasy fiction",
        "Middle Earth (Imaginary place)",
        "Dragons",
        "Wizards",
        "Juvenile fiction",
        "Fiction, fantasy, epic",
      ],
      coverUrl: "https://covers.openlibrary.org/b/id/9200001-L.jpg",
      covers: ["S", "M", "L"].map((size, index) => ({
        url: `https://covers.openlibrary.org/b/id/9200001-${size}.jpg`,
        size: ["small", "medium", "large"][index],
      })),
      rating: { score: 85.7, voteCount: 1207, source: "openlibrary" },
      externalLinks: [
        {
          url: "https://openlibrary.org/books/OL900201M",
          label: "Open Library",
          linkType: "provider",
        },
        {
          url: "https://archive.org/details/hobbitmade00tolk",
          label: "Internet Archive",
          linkType: "read",
        },
        { url: "https://example.org/hobbit", label: "About the book", linkType: "other" },
      ],
      externalIds: [
        { source: "api:openlibrary", externalId: "OL900201M" },
        { source: "goodreads", externalId: "5907" },
        { source: "librarything", externalId: "1937" },
      ],
      tags: [],
      artists: [],
      externalRatings: [],
      awards: [],
    });
  }));

Deno.test("authors come from the work where the edition has none, others with their roles", () =>
  withPlugin(async ({ book }) => {
    assert.deepEqual((await book("OL900202M")).authors, [
      { name: "J. R. R. Tolkien", role: "author" },
      { name: "Alan Lee", role: "illustrator", sortName: "Lee, Alan" },
      { name: "Douglas A. Anderson", role: "editor", sortName: "Anderson, Douglas A." },
    ]);
    const german = await book("OL900203M");
    assert.equal(german.translator, "Walter Scherf");
    assert.equal(german.originalTitle, "The Hobbit");
    assert.equal(german.language, "de");
    assert.equal(german.releaseDate, "1998-03-01");
    const king = await book("OL900213M");
    assert.deepEqual(king.authors, [
      { name: "Stephen King", role: "author", sortName: "King, Stephen" },
    ]);
  }));

Deno.test("odd records are read for what they have", () =>
  withPlugin(async ({ book, series }) => {
    const accounts = await book("OL900218M");
    assert.equal(accounts.title, "Household Accounts of 1794");
    assert.deepEqual([accounts.year, accounts.language, accounts.pageCount], [
      undefined,
      undefined,
      undefined,
    ]);
    assert.deepEqual([accounts.authors, accounts.isbns, accounts.covers], [[], [], []]);
    assert.equal((await book("OL900204M")).title, "The Hobbit");
    assert.equal((await book("OL900204M")).pageCount, 310);
    assert.equal((await book("OL900214M")).isbn, "9780930289232");
    assert.deepEqual((await book("OL900206M")).seriesTotal, 3);
    assert.deepEqual((await series("OL900116W")).authors, []);
    assert.equal((await series("OL900104W")).coverUrl, undefined);
    assert.equal((await series("OL900104W")).rating, undefined);
    const merged = await series("OL900117W");
    assert.deepEqual(merged.authors, [{ name: "J. R. R. Tolkien", role: "author" }]);
    assert.equal((await series("OL900105W")).summary, "A student makes a man and regrets it.");
  }));

Deno.test("a work is described as series and as book, without what only editions have", () =>
  withPlugin(async ({ book, series }) => {
    const asSeries = await series("OL900103W");
    assert.equal(asSeries.title, "Dune");
    assert.equal(asSeries.year, 1965);
    assert.deepEqual(asSeries.genres, ["Science fiction"]);
    assert.deepEqual(asSeries.tags, [
      "Dune (Imaginary place)",
      "Fiction, science fiction, general",
    ]);
    assert.deepEqual(asSeries.rating, { score: 86.2, voteCount: 904, source: "openlibrary" });
    const asBook = await book("OL900103W");
    assert.deepEqual([asBook.isbn, asBook.publisher, asBook.pageCount], [
      undefined,
      undefined,
      undefined,
    ]);
    assert.equal(asBook.covers?.length, 3);
    // No date of its own: the oldest edition's, from the index.
    assert.equal((await series("OL900102W")).year, 2003);
  }));

Deno.test("ids are taken as id, key, address or ISBN; others are refused", () =>
  withPlugin(async ({ book, series, host }) => {
    const forms = [
      "OL900201M",
      " /books/OL900201M ",
      "https://openlibrary.org/books/OL900201M/The_Hobbit",
      "0618260307",
      "OL900290M",
    ];
    for (const form of forms) assert.equal((await book(form)).externalId, "OL900201M", form);
    for (const form of ["OL900101W", "OL900201M", "0618260307", "OL900190W"]) {
      assert.equal((await series(form)).externalId, "OL900101W", form);
    }
    for (const externalId of ["OL900001A", "hobbit", "/works/OL900201M", "OL0W"]) {
      const refused = host.call("metadata/book/get", { externalId });
      await assert.rejects(refused, { code: -32602, message: /"externalId"/ });
    }
  }));

Deno.test("missing and deleted records are not found; bad redirects are the service's failure", () =>
  withPlugin(async ({ host }) => {
    for (const externalId of ["OL999999W", "OL900192W", "OL900291M", "9780000000002"]) {
      await assert.rejects(host.call("metadata/book/get", { externalId }), { code: -32002 });
    }
    const loop = host.call("metadata/series/get", { externalId: "OL900193W" });
    await assert.rejects(loop, { code: -32004, message: /redirects more than/ });
    const elsewhere = host.call("metadata/series/get", { externalId: "OL900195W" });
    await assert.rejects(elsewhere, { code: -32004, message: /no such record/ });
  }));

Deno.test("without ratings the rest still comes, and the log says so", () =>
  withPlugin(async ({ server, host, series }) => {
    server.faults.failingPath = "/search.json";
    const zombies = await series("OL900108W");
    assert.equal(zombies.title, "Pride and Prejudice and Zombies");
    assert.deepEqual(zombies.authors?.length, 2);
    assert.equal(zombies.rating, undefined);
    assert.match(host.log.join("\n"), /Ratings and first year are left out/);
    server.faults.failingPath = "/authors/";
    await assert.rejects(host.call("metadata/series/get", { externalId: "OL900116W" }), {
      code: -32004,
    });
  }));
