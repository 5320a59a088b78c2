import assert from "node:assert/strict";
import { createOpenLibraryPlugin } from "./plugin.ts";
import { withPlugin } from "./testing/scene.ts";

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
