/**
 * Import of series with their books from a stream of lines (http-api.md: "Import line").
 *
 * While one batch is being written the next is read, so memory holds at most two batches and one line
 * however long the stream is. Each batch is a transaction: an upload that breaks off keeps those finished.
 */
import {
  IMPORT_LINE_BYTES_MAX,
  type ImportBook,
  type ImportReport,
  type ImportSeries,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { Executor } from "../db/database.ts";
import { readImportLine } from "../domain/import_line.ts";
import type { ImportTarget } from "../domain/import_plan.ts";
import { type IncomingSeries, incomingSeries } from "../domain/import_row.ts";
import { ImportTally } from "../domain/import_tally.ts";
import { KeySet } from "../domain/key_set.ts";
import { type Line, LineSplitter } from "../domain/lines.ts";
import { writeBatch } from "./import_batch.ts";

/** A batch ends when it has one of these. */
const BATCH = { series: 500, books: 2000, bytes: 4 * 1024 * 1024 };
/** Different keys of each kind in one import. */
const KEYS_MAX = 4 * 1024 * 1024;

/** @throws ProblemError `bad_request` when the upload breaks off, `not_found` when the library goes */
export async function importStream(
  db: Executor,
  target: ImportTarget,
  body: ReadableStream<Uint8Array>,
): Promise<ImportReport> {
  const run = new ImportRun(db, target);
  const splitter = new LineSplitter(IMPORT_LINE_BYTES_MAX);
  const reader = body.getReader();
  try {
    while (true) {
      const { done, value } = await read(reader, run);
      for (const line of done ? splitter.end() : splitter.push(value)) await run.take(line);
      if (done) return await run.finish();
    }
  } finally {
    await run.settle();
    // A stream that failed can't be cancelled any more.
    await reader.cancel().catch(() => {});
  }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>, run: ImportRun) {
  try {
    return await reader.read();
  } catch (error) {
    await run.settle();
    const { created, updated, unchanged } = run.tally.report().series;
    const kept = created + updated + unchanged;
    throw new ProblemError("bad_request", `The upload broke off: ${kept} series are in`, {
      cause: error,
    });
  }
}

class ImportRun {
  readonly tally = new ImportTally();
  readonly #seriesKeys = new KeySet(KEYS_MAX);
  readonly #bookKeys = new KeySet(KEYS_MAX);
  #batch: IncomingSeries[] = [];
  #books = 0;
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly db: Executor, private readonly target: ImportTarget) {}

  async take({ number, bytes }: Line): Promise<void> {
    if (bytes === undefined) {
      this.tally.countLine();
      const detail = `The line is longer than ${IMPORT_LINE_BYTES_MAX} bytes`;
      return this.tally.fail(number, { code: "line_too_long", detail });
    }
    const line = readImportLine(bytes);
    if (line.kind === "blank") return;
    this.tally.countLine();
    if (line.kind === "fault") return this.tally.fail(number, line.fault);

    const { series } = line;
    if (!this.#isFirst("series", series.key, number)) return;
    for (const { pointer, reason } of line.ignored) {
      this.tally.noteLeftOut({ line: number, key: series.key, pointer, reason });
    }
    const books = series.books.filter((book) => this.#isFirst("book", book.key, number));
    this.#add(series, books, number);
    this.#bytes += bytes.length;
    if (this.#isFull()) await this.#write();
  }

  async finish(): Promise<ImportReport> {
    await this.#write();
    await this.#writing;
    return this.tally.report();
  }

  /** Waits for the batch that is being written, whatever becomes of it. */
  async settle(): Promise<void> {
    await this.#writing.catch(() => {});
  }

  /** A key given before is a fault: of a series the line's, of a book that book's alone. */
  #isFirst(kind: "series" | "book", key: string, line: number): boolean {
    const result = (kind === "series" ? this.#seriesKeys : this.#bookKeys).add(key);
    if (result === "new") return true;
    const fault = result === "seen"
      ? { code: "duplicate_key" as const, detail: `A ${kind} with this key came before`, key }
      : {
        code: "invalid" as const,
        detail: `One import takes at most ${KEYS_MAX} different ${kind} keys`,
        key,
      };
    if (kind === "series") this.tally.fail(line, fault);
    else this.tally.note(line, fault);
    return false;
  }

  #add(series: ImportSeries, books: readonly ImportBook[], line: number): void {
    const incoming = incomingSeries(
      series,
      books,
      line,
      (key, pointer, reason) => this.tally.noteLeftOut({ line, key, pointer, reason }),
    );
    this.#batch.push(incoming);
    this.#books += books.length;
  }

  #isFull(): boolean {
    return this.#batch.length >= BATCH.series || this.#books >= BATCH.books ||
      this.#bytes >= BATCH.bytes;
  }

  /** Begins to write the batch once the one before it is written. */
  async #write(): Promise<void> {
    await this.#writing;
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.#books = 0;
    this.#bytes = 0;
    this.#writing = writeBatch(this.db, this.target, batch).then((counts) =>
      this.tally.add(counts)
    );
    // It is awaited later; until then a failure must not count as unhandled.
    this.#writing.catch(() => {});
  }
}
