/** The whole plugin over real HTTP against the fake server, from the host's side. */
import assert from "node:assert/strict";
import { metadataMethods, readWire } from "@codex/protocol";
import type {
  BookMetadata,
  JsonValue,
  MatchAnswer,
  SearchAnswer,
  SeriesMetadata,
} from "@codex/plugin-sdk";
import { startTestHost, type TestHost } from "@codex/plugin-sdk/testing";
import { createOpenLibraryPlugin } from "./plugin.ts";
import { type FakeOpenLibrary, startFakeOpenLibrary } from "./testing/fake_server.ts";

interface Scene {
  readonly server: FakeOpenLibrary;
  readonly host: TestHost;
  /** Calls and checks the answer against the protocol as the host does. */
  search(type: ContentType, params: object): Promise<SearchAnswer>;
  match(type: ContentType, params: object): Promise<MatchAnswer>;
  book(externalId: string): Promise<BookMetadata>;
  series(externalId: string): Promise<SeriesMetadata>;
}

type ContentType = "series" | "book";

async function withPlugin(
  test: (scene: Scene) => Promise<void>,
  adminConfig: Record<string, JsonValue> = {},
): Promise<void> {
  const server = startFakeOpenLibrary();
  const config = { baseUrl: server.url, ...adminConfig };
  const host = await startTestHost(createOpenLibraryPlugin(), {
    adminConfig: config,
    // Too short to wait for a pause of ten seconds.
    requestTimeoutSeconds: 14,
  });
  async function call(type: ContentType, action: "search" | "get" | "match", params: object) {
    const answer = await host.call(`metadata/${type}/${action}`, params);
    const read = readWire(metadataMethods[type][action].answer, answer);
    assert.ok(read.ok, JSON.stringify(read));
    assert.deepEqual(read.ignored, []);
    return answer;
  }
  try {
    await test({
      server,
      host,
      search: async (type, params) => await call(type, "search", params) as SearchAnswer,
      match: async (type, params) => await call(type, "match", params) as MatchAnswer,
      book: async (externalId) => await call("book", "get", { externalId }) as BookMetadata,
      series: async (externalId) => await call("series", "get", { externalId }) as SeriesMetadata,
    });
  } finally {
    await host.stop();
    await server.stop();
  }
}

Deno.test('"The Hobbit" is found as series and as book, with authors and years', () =>
  withPlugin(async ({ search }) => {
    for (const type of ["series", "book"] as const) {
      const { results } = await search(type, { query: "The Hobbit" });
      const [first] = results;
      assert.equal(first?.externalId, "OL900101W");
      assert.equal(first?.title, "The Hobbit");
      assert.equal(first?.year, 1937);
      assert.equal(first?.relevanceScore, 1);
      assert.equal(first?.coverUrl, "https://covers.openlibrary.org/b/id/9100001-L.jpg");
      assert.deepEqual(first?.preview, {
        authors: ["J. R. R. Tolkien"],
        genres: ["Fantasy"],
        rating: 8.6,
      });
      assert.ok(results.every((result) => result.preview?.authors?.length));
      assert.ok(results.some((result) => result.preview?.authors?.includes("Charles Dixon")));
    }
  }));

Deno.test("the search names its fields, since others don't come", () =>
  withPlugin(async ({ server, search }) => {
    await search("book", { query: "Dune", author: "Frank Herbert", limit: 5 });
    const params = new URL(server.requests[0] ?? "", server.url).searchParams;
    assert.equal(params.get("q"), "Dune");
    assert.equal(params.get("author"), "Frank Herbert");
    assert.equal(params.get("limit"), "5");
    for (const field of ["isbn", "subject", "ratings_average", "ratings_count", "author_name"]) {
      assert.ok(params.get("fields")?.split(",").includes(field), field);
    }
  }));

Deno.test("pages follow by cursor, and maxResults bounds them", () =>
  withPlugin(async ({ search }) => {
    const first = await search("series", { query: "Hobbit", limit: 50 });
    assert.equal(first.results.length, 2);
    assert.equal(first.nextCursor, "2");
    const second = await search("series", { query: "Hobbit", cursor: first.nextCursor });
    assert.equal(second.results.length, 1);
    assert.equal(second.nextCursor, undefined);
  }, { maxResults: 2 }));

Deno.test("short queries, refused words and query syntax are searched all the same", () =>
  withPlugin(async ({ search }) => {
    assert.equal((await search("book", { query: "It" })).results[0]?.externalId, "OL900109W");
    assert.deepEqual((await search("book", { query: "the" })).results.length > 0, true);
    const odd = await search("series", { query: 'Dune: (Messiah) AND "Dune"?' });
    assert.deepEqual(odd, { results: [] });
    const plain = await search("series", { query: 'Dune: [Messiah]?! "' });
    assert.equal(plain.results[0]?.externalId, "OL900104W");
    assert.deepEqual((await search("series", { query: "???" })).results, []);
  }));

Deno.test("an ISBN finds its edition, in either form, as isbn or typed as the query", () =>
  withPlugin(async ({ search }) => {
    const forms = [{ isbn: "0618260307" }, { isbn: "978-0-618-26030-0" }, {
      query: "0-618-26030-7",
    }];
    for (const params of forms) {
      const { results } = await search("book", params);
      assert.deepEqual(results.map(({ externalId, title, year }) => [externalId, title, year]), [
        ["OL900201M", "The Hobbit: or, There and Back Again", 2002],
      ]);
      assert.deepEqual(results[0]?.preview?.authors, ["J. R. R. Tolkien"]);
    }
  }));

Deno.test("an unknown ISBN finds nothing, falls back on the query, and a wrong one is refused", () =>
  withPlugin(async ({ search, host }) => {
    const isbn = "9780000000002";
    assert.deepEqual(await search("book", { isbn }), { results: [] });
    const { results } = await search("book", { isbn, query: "Dune Messiah" });
    assert.equal(results[0]?.externalId, "OL900104W");
    const wrong = host.call("metadata/book/search", { isbn: "123" });
    await assert.rejects(wrong, { code: -32602, message: /"isbn"/ });
  }));

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

Deno.test("a failing service is an error of its own kind, never no match", () =>
  withPlugin(async ({ server, host }) => {
    const calls: [string, object][] = [
      ["metadata/book/match", { title: "Dune", authors: ["Frank Herbert"] }],
      ["metadata/book/match", { title: "Dune", isbn: "0340839937" }],
      ["metadata/series/match", { title: "Dune" }],
      ["metadata/book/search", { isbn: "0340839937" }],
      ["metadata/series/search", { query: "Dune" }],
      ["metadata/book/get", { externalId: "OL900207M" }],
    ];
    for (const [method, params] of calls) {
      server.faults.serverErrors = 1;
      await assert.rejects(host.call(method, params), { code: -32004 }, method);
    }
    server.faults.requireContact = true;
    for (const [method, params] of calls) {
      await assert.rejects(
        host.call(method, params),
        { code: -32005, message: /"contact"/ },
        method,
      );
    }
    server.faults.requireContact = false;
    server.faults.tooManyRequests = 1;
    const limited = { code: -32001, data: { retryAfterSeconds: 10 } };
    await assert.rejects(host.call("metadata/series/search", { query: "Dune" }), limited);
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

Deno.test("a call that is given up stops asking", () =>
  withPlugin(async ({ server, host }) => {
    let release = () => {};
    server.faults.hold = new Promise((resolve) => release = resolve);
    const givenUp = new AbortController();
    const call = host.call("metadata/book/get", { externalId: "OL900201M" }, givenUp.signal);
    while (server.requests.length === 0) await tick();
    givenUp.abort();
    await assert.rejects(call, { fault: "cancelled" });
    release();
    assert.equal(await host.call("ping"), "pong");
    assert.deepEqual(server.requests, ["/books/OL900201M.json"]);
  }));

Deno.test("codex-plugin.json and the manifest agree", async () => {
  const file = JSON.parse(
    await Deno.readTextFile(new URL("./codex-plugin.json", import.meta.url)),
  );
  const { manifest } = createOpenLibraryPlugin();
  for (const field of ["name", "displayName", "version", "network"] as const) {
    assert.deepEqual(file[field], manifest[field]);
  }
});

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
