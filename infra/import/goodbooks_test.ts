import assert from "node:assert/strict";
import { ImportReport, ImportSeries, NDJSON } from "@codex/protocol";
import { Failure } from "../failure.ts";
import { codexApi } from "./codex_api.ts";
import { importSeries, linesOf } from "./goodbooks.ts";
import { isbnOf, languageTag } from "./goodbooks_book.ts";
import { type GoodbooksRow, readGoodbooks } from "./goodbooks_rows.ts";
import { gatherSeries } from "./goodbooks_series.ts";

const sample = new URL("./testdata/goodbooks_sample.csv", import.meta.url);
/** Not part of the project: lies beside it on some machines. */
const wholeList = new URL("../../../shared/data/goodbooks-10k-books.csv", import.meta.url);
const ignoreWhole = !await Deno.stat(wholeList).then(() => true, () => false);

async function rowsOf(url: URL): Promise<GoodbooksRow[]> {
  return await Array.fromAsync(readGoodbooks((await Deno.open(url)).readable));
}

function rowsOfText(text: string): Promise<GoodbooksRow[]> {
  return Array.fromAsync(readGoodbooks(new Blob([text]).stream()));
}

async function sampleSeries() {
  const lines = gatherSeries(await rowsOf(sample));
  return new Map(lines.map((line) => [line.key, ImportSeries.parse(line)]));
}

Deno.test("books are gathered by series, and one without a series is a series of one", async () => {
  const series = await sampleSeries();
  const shape = [...series].map(([key, { title, books }]) => [
    key,
    title,
    books.map((book) => [book.title, book.number]),
  ]);
  assert.deepEqual(shape, [
    ["book:goodreads:501", "The Hobbit", [["The Hobbit", undefined]]],
    ["series:tall tales", "Tall Tales", [
      ["First Tale", 1],
      ["Tall Tales: The Set", undefined],
      ["Second Tale", 2],
      ["Third Tale", 3],
    ]],
    // Another author, and a number that is taken: another series of the same name.
    ["series:tall tales:dora elsewhere", "Tall Tales", [["Falling", 1]]],
    ["book:goodreads:504", "Old Song", [["Old Song", undefined]]],
  ]);
});

Deno.test("a book has everything that the list knows of it", async () => {
  const series = await sampleSeries();
  const [hobbit] = series.get("book:goodreads:501")?.books ?? [];
  assert.deepEqual(hobbit?.externalIds, [{ source: "goodreads", externalId: "501" }]);
  const { authors, year, originalYear, originalTitle, language, isbn, coverUrl, rating } =
    hobbit?.metadata ?? {};
  assert.deepEqual(
    { authors, year, originalYear, originalTitle, language, isbn, coverUrl, rating },
    {
      authors: [{ name: "J.R.R. Tolkien", role: "author" }],
      year: 1937,
      originalYear: 1937,
      originalTitle: "The Hobbit or There and Back Again",
      language: "en-US",
      isbn: "0618260307",
      coverUrl: "https://images.example/books/501.jpg",
      rating: { score: 85, voteCount: 2071616, source: "goodreads" },
    },
  );
  const [song] = series.get("book:goodreads:504")?.books ?? [];
  assert.deepEqual([song?.metadata.year, song?.metadata.isbn, song?.metadata.language], [
    -720,
    "080442957X",
    undefined,
  ]);
});

Deno.test("numbers of collections and further series are kept beside the fields", async () => {
  const books = (await sampleSeries()).get("series:tall tales")?.books ?? [];
  assert.deepEqual(books.map(({ metadata }) => metadata.customMetadata), [
    { otherSeries: ["Short Tales #4"] },
    { seriesNumbers: "1-2" },
    undefined,
    undefined,
  ]);
  assert.deepEqual(books.map(({ metadata }) => metadata.seriesPosition), [1, undefined, 2, 3]);
});

Deno.test("people get the parts that can be known", async () => {
  const [first, , second] = (await sampleSeries()).get("series:tall tales")?.books ?? [];
  assert.deepEqual(second?.metadata.authors, [
    { name: "Anna Writer", role: "author" },
    { name: "Quentin Blake", role: "illustrator" },
    { name: "Bob Other", role: "co_author" },
  ]);
  assert.deepEqual(first?.metadata.authors, [
    { name: "Anna Writer", role: "author" },
    { name: "Cleo Unknown", role: "contributor" },
  ]);
});

Deno.test("a series has what its books agree on", async () => {
  const tales = (await sampleSeries()).get("series:tall tales");
  assert.deepEqual(tales?.metadata.authors.map(({ name }) => name), ["Anna Writer", "Ed Later"]);
  assert.equal(tales?.metadata.year, 1988);
  assert.equal(tales?.metadata.language, "en");
  assert.equal(tales?.metadata.coverUrl, "https://images.example/books/503.jpg");
});

Deno.test("ISBNs get their zeros back, and wrong ones are left out", () => {
  assert.equal(isbnOf("618260307"), "0618260307");
  assert.equal(isbnOf("80442957x"), "080442957X");
  for (const wrong of ["618260308", "0", "97806182603000", "abc"]) {
    assert.equal(isbnOf(wrong), undefined);
  }
});

Deno.test("language codes become BCP 47 tags", () => {
  const codes = ["eng", "en-US", "fre", "ger", "per", "mul", "?", undefined];
  assert.deepEqual(codes.map(languageTag), [
    "en",
    "en-US",
    "fr",
    "de",
    "fa",
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("what is no such list is refused with the line", async () => {
  const header = (await Deno.readTextFile(sample)).split("\n")[0] ?? "";
  await assert.rejects(rowsOfText("a,b\n1,2\n"), Failure);
  await assert.rejects(rowsOfText(`${header}\n1,2,3\n`), { name: "Failure", message: /CSV/ });
  const bad = (await Deno.readTextFile(sample)).replace("4.25", "lots");
  await assert.rejects(rowsOfText(bad), { name: "Failure", message: /Line 2, "average_rating"/ });
});

Deno.test("the lines are streamed into a library of that name, made when there is none", async () => {
  const gateway = fakeGateway();
  try {
    const series = gatherSeries(await rowsOf(sample));
    const told: string[] = [];
    const api = codexApi(gateway.url, "secret");
    assert.equal(await importSeries(api, "Mine", series, (line) => told.push(line)), 0);
    assert.equal(await importSeries(api, "Mine", series, () => {}), 0);
    assert.equal(gateway.libraries.length, 1);
    assert.equal(gateway.lines.length, 2 * series.length);
    assert.deepEqual(JSON.parse(gateway.lines[0] ?? ""), JSON.parse(JSON.stringify(series[0])));
    assert.deepEqual(told, [
      'Imported 4 lines into "Mine", 0 failed',
      "Series: 4 created, 0 updated, 0 unchanged",
      "Books: 0 created, 0 updated, 0 unchanged",
    ]);
  } finally {
    await gateway.stop();
  }
});

Deno.test("a refusal is told in the server's words, and a failed line makes the exit code 1", async () => {
  const gateway = fakeGateway();
  try {
    const refused = codexApi(gateway.url, "wrong").openLibrary("Mine");
    await assert.rejects(refused, {
      name: "Failure",
      message: "Sign in first: The token is not valid (401 unauthenticated)",
    });
    const told: string[] = [];
    const bad = [{ key: "", title: "No key" }];
    const tell = (line: string) => told.push(line);
    assert.equal(await importSeries(codexApi(gateway.url, "secret"), "Mine", bad, tell), 1);
    assert.equal(told[0], "Line 1: /key: too short (invalid)");
  } finally {
    await gateway.stop();
  }
  await assert.rejects(codexApi(gateway.url, "secret").openLibrary("Mine"), {
    name: "Failure",
    message: /can't be reached/,
  });
});

Deno.test({
  name: "all 10,000 books of the whole list go in, each once, as valid lines",
  ignore: ignoreWhole,
  async fn() {
    const rows = await rowsOf(wholeList);
    const series = gatherSeries(rows);
    const keys = new Set(series.map(({ key }) => key));
    assert.equal(keys.size, series.length);
    const books = series.flatMap((line) => {
      const read = ImportSeries.safeParse(line);
      assert.ok(read.success, `${line.key}: ${read.error?.message}`);
      return read.data.books;
    });
    assert.equal(books.length, 10_000);
    assert.equal(new Set(books.map(({ key }) => key)).size, 10_000);
    assert.ok(books.filter(({ metadata }) => metadata.isbn).length >= 9_270);
    assert.equal(books.filter(({ metadata }) => (metadata.year ?? 0) < 0).length, 31);
    const numbered = books.filter(({ metadata }) =>
      metadata.seriesPosition !== undefined || metadata.customMetadata?.seriesNumbers !== undefined
    );
    assert.ok(numbered.length >= 4_422, `${numbered.length} books have a place in a series`);
    for (const key of ["series:fallen", "series:fallen:thomas e. sniegoski"]) {
      assert.ok(keys.has(key));
    }
    const clues = series.find(({ key }) => key === "series:39 clues");
    assert.equal(clues?.books?.length, 11);
  },
});

/** Libraries and imports, as the gateway answers them. */
function fakeGateway() {
  const now = new Date(0).toISOString();
  const libraries: object[] = [];
  const lines: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.headers.get("authorization") !== "Bearer secret") return unauthenticated(pathname);
    if (pathname.endsWith("/import")) {
      assert.equal(request.headers.get("content-type"), NDJSON);
      const sent = (await request.text()).trimEnd().split("\n");
      lines.push(...sent);
      return Response.json(reportOf(sent));
    }
    if (request.method === "GET") return Response.json({ items: libraries });
    const library = {
      id: crypto.randomUUID(),
      name: (await request.json()).name,
      seriesCount: 0,
      bookCount: 0,
      createdAt: now,
      updatedAt: now,
    };
    libraries.push(library);
    return Response.json(library, { status: 201 });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  return { url, libraries, lines, stop: () => server.shutdown() };
}

function reportOf(lines: readonly string[]): ImportReport {
  const good = lines.filter((line) => JSON.parse(line).key !== "").length;
  const none = { created: 0, updated: 0, unchanged: 0 };
  const error = { line: 1, code: "invalid" as const, detail: "/key: too short" };
  return {
    lines: lines.length,
    series: { ...none, created: good },
    books: none,
    failed: lines.length - good,
    errors: good === lines.length ? [] : [error],
    errorsTruncated: false,
  };
}

function unauthenticated(instance: string): Response {
  const problem = {
    type: "about:blank",
    title: "Sign in first",
    status: 401,
    detail: "The token is not valid",
    instance,
    code: "unauthenticated",
    requestId: "r",
  };
  return Response.json(problem, { status: 401 });
}

Deno.test("lines are made as they are read, and progress is told", async () => {
  const told: number[] = [];
  let made = 0;
  function* endless() {
    for (;;) yield { key: String(++made), title: "T" };
  }
  const reader = linesOf(endless(), (sent) => told.push(sent)).getReader();
  for (let count = 0; count < 2500; count++) await reader.read();
  await reader.cancel();
  assert.deepEqual(told, [1000, 2000]);
  assert.ok(made < 2600);
});
