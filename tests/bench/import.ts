/**
 * Import of 10,000 books through the library service, against a plain batched insert of the same rows
 * into the same tables: no reading of lines, no checks, no comparing with what is there.
 */
import assert from "node:assert/strict";
import postgres, { type Sql } from "postgres";
import { ImportReport, NDJSON } from "@codex/protocol";
import { testSubject } from "@codex/service/testing";
import { startTestServer } from "../../infra/test/server.ts";
import { migrateLibrary, openLibraryApp } from "./bare_library.ts";
import { catalogue } from "./import_catalogue.ts";
import type { Report } from "./report.ts";

const BOOKS = 10_000;
const ROUNDS = 3;
const BATCH_ROWS = 500;
const AIM = 0.4;

export async function importBench(report: Report): Promise<void> {
  await using server = await startTestServer();
  const url = await migrateLibrary(server.adminUrl);

  const admin = postgres(server.adminUrl, { max: 1, onnotice: () => {} });
  const plain = postgres(url, { max: 1 });
  const upload = await openLibrary(url);
  const body = new TextEncoder().encode(catalogue(BOOKS));
  const times = { first: Infinity, again: Infinity, plain: Infinity };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await admin`truncate library.libraries cascade`;
      const first = await upload.run(body);
      assert.equal(first.report.books.created, BOOKS);
      const again = await upload.run(body);
      assert.equal(again.report.books.unchanged, BOOKS);
      const rows = await readRows(admin);
      await admin`truncate library.libraries cascade`;
      times.first = Math.min(times.first, first.seconds);
      times.again = Math.min(times.again, again.seconds);
      times.plain = Math.min(times.plain, await insertPlainly(plain, rows));
    }
  } finally {
    await Promise.all([admin.end(), plain.end(), upload.close()]);
  }

  const floor = BOOKS / times.plain;
  const ratio = times.plain / times.first;
  report({
    name: "import.first",
    value: BOOKS / times.first,
    unit: "books/s",
    floor,
    ratio,
    aim: `≥ ${AIM} × floor`,
    holds: ratio >= AIM,
  });
  report({
    name: "import.unchanged",
    value: BOOKS / times.again,
    unit: "books/s",
    floor,
    ratio: times.plain / times.again,
  });
}

/** The library's real app, called as the gateway calls it. */
async function openLibrary(databaseUrl: string) {
  const { app, connection, identities } = await openLibraryApp(databaseUrl);
  const headers = await identities.headers("gateway", "library", testSubject("admin"));
  const call = async (path: string, type: string, body: BodyInit): Promise<unknown> => {
    const reply = await app.request(`/api/v1${path}`, {
      method: "POST",
      headers: { ...headers, "content-type": type },
      body,
    });
    assert.ok(reply.ok, `${path}: ${reply.status}`);
    return await reply.json();
  };
  let libraryId: string | undefined;
  return {
    /** Imports into a library of its own, the same one until it is gone. */
    async run(body: Uint8Array<ArrayBuffer>): Promise<{ report: ImportReport; seconds: number }> {
      const [kept] = await connection.sql`select id from libraries`;
      if (kept === undefined) {
        const made = await call(
          "/libraries",
          "application/json",
          JSON.stringify({ name: "Bench" }),
        );
        libraryId = (made as { id: string }).id;
      }
      const start = performance.now();
      const answer = await call(
        `/libraries/${libraryId}/import`,
        NDJSON,
        new Blob([body]).stream(),
      );
      const seconds = (performance.now() - start) / 1000;
      return { report: ImportReport.parse(answer), seconds };
    },
    close: () => connection.close(),
  };
}

type Row = Record<string, unknown>;
type Rows = Readonly<Record<"libraries" | "series" | "books", readonly Row[]>>;

const JSON_COLUMNS = ["metadata", "locks", "provenance"];
/** Computed by the table itself. */
const GENERATED_COLUMN = "number_sort";

async function readRows(sql: Sql): Promise<Rows> {
  const read = async (table: string) => {
    const rows = await sql<Row[]>`select * from library.${sql(table)}`;
    return rows.map((row) => {
      const columns = Object.entries(row).filter(([name]) => name !== GENERATED_COLUMN)
        .map(([name, value]) => [name, JSON_COLUMNS.includes(name) ? asJson(sql, value) : value]);
      return Object.fromEntries(columns);
    });
  };
  return {
    libraries: await read("libraries"),
    series: await read("series"),
    books: await read("books"),
  };
}

function asJson(sql: Sql, value: unknown) {
  return sql.json(value as postgres.JSONValue);
}

/** Seconds. */
async function insertPlainly(sql: Sql, rows: Rows): Promise<number> {
  await insertBatches(sql, "libraries", rows.libraries);
  const start = performance.now();
  await insertBatches(sql, "series", rows.series);
  await insertBatches(sql, "books", rows.books);
  return (performance.now() - start) / 1000;
}

async function insertBatches(sql: Sql, table: string, rows: readonly Row[]): Promise<void> {
  for (let start = 0; start < rows.length; start += BATCH_ROWS) {
    await sql`insert into ${sql(table)} ${sql(rows.slice(start, start + BATCH_ROWS))}`;
  }
}
