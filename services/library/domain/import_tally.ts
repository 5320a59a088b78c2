/** Counts and faults of one import. */
import { IMPORT_ERRORS_LISTED_MAX, type ImportReport } from "@codex/protocol";
import type { Fault } from "./import_line.ts";

export interface BatchCounts {
  readonly series: ImportReport["series"];
  readonly books: ImportReport["books"];
  /** Values of lines for which the documents that are there have no room. */
  readonly leftOut: readonly LeftOutValue[];
}

export interface LeftOutValue {
  readonly line: number;
  /** Of the series or book. */
  readonly key: string;
  readonly pointer: string;
  readonly reason: string;
}

export class ImportTally {
  #lines = 0;
  #failed = 0;
  #errors: ImportReport["errors"] = [];
  #faults = 0;
  #series = { created: 0, updated: 0, unchanged: 0 };
  #books = { created: 0, updated: 0, unchanged: 0 };

  /** A line that holds something. */
  countLine(): void {
    this.#lines++;
  }

  /** A line that doesn't go in. */
  fail(line: number, fault: Fault): void {
    this.#failed++;
    this.note(line, fault);
  }

  /** A fault in a line that otherwise goes in. */
  note(line: number, fault: Fault): void {
    this.#faults++;
    if (this.#errors.length < IMPORT_ERRORS_LISTED_MAX) this.#errors.push({ line, ...fault });
  }

  /** A value that did not go in; the rest of its line did. */
  noteLeftOut({ line, key, pointer, reason }: LeftOutValue): void {
    this.note(line, { code: "invalid", detail: `Left out ${pointer}: ${reason}`, key });
  }

  add(counts: BatchCounts): void {
    add(this.#series, counts.series);
    add(this.#books, counts.books);
    for (const value of counts.leftOut) this.noteLeftOut(value);
  }

  report(): ImportReport {
    return {
      lines: this.#lines,
      series: this.#series,
      books: this.#books,
      failed: this.#failed,
      errors: this.#errors,
      errorsTruncated: this.#faults > this.#errors.length,
    };
  }
}

function add(total: ImportReport["series"], part: ImportReport["series"]): void {
  total.created += part.created;
  total.updated += part.updated;
  total.unchanged += part.unchanged;
}
