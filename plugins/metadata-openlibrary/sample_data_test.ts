/**
 * Reads real records, where the reference data lies beside the project. They are not part of it, so
 * these tests are skipped elsewhere; the fixtures in `testing/records` cover the same shapes.
 */
import assert from "node:assert/strict";
import { BookMetadata, readWire, SeriesMetadata } from "@codex/protocol";
import { parsePublishDate } from "./dates.ts";
import { languageTagOf } from "./languages.ts";
import { bookFromEdition, bookFromWork, resultFromDoc, seriesFromWork } from "./mapping.ts";
import {
  parseRecordKey,
  readAuthor,
  readEdition,
  readRecordType,
  readSearchDoc,
  readWork,
} from "./records.ts";
import { listOf, objectOf } from "./text.ts";

const sampleDir = new URL("../../../shared/data/openlibrary/", import.meta.url);
const ignore = !await exists(sampleDir);
const context = { authors: [], rating: undefined, firstPublishYear: undefined };

function sampleTest(name: string, test: () => Promise<void>): void {
  Deno.test({ name, ignore, fn: test });
}

sampleTest("every sampled edition becomes a book that the host accepts whole", async () => {
  let dated = 0;
  let numbered = 0;
  for await (const { id, raw } of rows("editions-sample.tsv")) {
    const edition = readEdition(raw, id);
    const book = bookFromEdition(edition, undefined, context);
    const read = readWire(BookMetadata, JSON.parse(JSON.stringify(book)));
    assert.ok(read.ok && read.ignored.length === 0, `${id}: ${JSON.stringify(read)}`);
    assert.ok(book.title, id);
    assert.equal(
      book.authors?.some((author) => typeof author !== "string" && author.name === ""),
      false,
    );
    if (parsePublishDate(edition.publishDate ?? "") !== undefined) dated++;
    if (edition.isbns.length > 0) numbered++;
    for (const code of edition.languageCodes) assert.ok(languageTagOf(code), `${id}: ${code}`);
  }
  assert.equal(dated, 200);
  assert.ok(numbered >= 195, `${numbered} of 200 have a valid ISBN`);
});

sampleTest(
  "every sampled work becomes a series and a book that the host accepts whole",
  async () => {
    for await (const { id, raw } of rows("works-sample.tsv")) {
      const work = readWork(raw, id);
      const answers = [
        readWire(SeriesMetadata, JSON.parse(JSON.stringify(seriesFromWork(work, context)))),
        readWire(BookMetadata, JSON.parse(JSON.stringify(bookFromWork(work, context)))),
      ];
      for (const read of answers) {
        assert.ok(read.ok && read.ignored.length === 0, `${id}: ${JSON.stringify(read)}`);
        assert.ok(read.value.title, id);
      }
      const expected = listOf(objectOf(raw).authors).length;
      assert.equal(work.authorIds.length, expected, id);
      assert.ok(work.coverIds.every((cover) => cover > 0), id);
    }
  },
);

sampleTest("every sampled author has a name", async () => {
  for await (const { id, raw } of rows("authors-sample.tsv")) {
    assert.ok(readAuthor(raw, id)?.name, id);
  }
  assert.equal(readAuthor(await json("author.json"), "OL1A")?.name, "Sachi Rautroy");
});

sampleTest("every document of a recorded search becomes a result with a work's id", async () => {
  const { docs } = objectOf(await json("search.json"));
  const results = listOf(docs).map((raw) => {
    const doc = readSearchDoc(raw);
    assert.ok(doc, JSON.stringify(raw).slice(0, 200));
    return resultFromDoc(doc, 1);
  });
  assert.equal(results.length, 81);
  assert.deepEqual(
    [results[0]?.externalId, results[0]?.title, results[0]?.year, results[0]?.preview?.authors],
    ["OL27448W", "The Lord of the Rings", 1954, ["J. R. R. Tolkien"]],
  );
});

sampleTest("odd records are known for what they are", async () => {
  assert.deepEqual(readRecordType(await json("works_OL100005W_redirect.json")), {
    kind: "redirect",
    location: "/works/OL27448W",
  });
  assert.deepEqual(readRecordType(await json("works_OL1000619W_delete.json")), { kind: "deleted" });
  const raw = await json("works_OL15348267W_api.json");
  assert.deepEqual(readRecordType(raw), { kind: "record" });
  assert.deepEqual(readWork(raw, "OL15348267W").authorIds, []);
});

async function* rows(name: string): AsyncGenerator<{ id: string; raw: unknown }> {
  const text = await Deno.readTextFile(new URL(name, sampleDir));
  for (const line of text.split("\n").filter((row) => row !== "")) {
    const [, key = "", , , body = ""] = line.split("\t");
    const id = parseRecordKey(key)?.id;
    assert.ok(id, key);
    yield { id, raw: JSON.parse(body) };
  }
}

async function json(name: string): Promise<unknown> {
  return JSON.parse(await Deno.readTextFile(new URL(name, sampleDir)));
}

async function exists(url: URL): Promise<boolean> {
  return await Deno.stat(url).then(() => true, () => false);
}
