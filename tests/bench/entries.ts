/**
 * All entries of a reader with 10,000 series: library's stream, read and built as sync does, against the
 * bare query of the same facts, in one statement whose rows nobody looks at.
 */
import assert from "node:assert/strict";
import postgres, { type Sql } from "postgres";
import { type JsonObject, SyncSettings } from "@codex/protocol";
import { testSubject } from "@codex/service/testing";
import { startTestServer } from "../../infra/test/server.ts";
import { createLibraryClient } from "../../services/library/client.ts";
import { buildEntry } from "../../services/sync/domain/local_entry.ts";
import { migrateLibrary, openLibraryApp } from "./bare_library.ts";
import type { Report } from "./report.ts";

const SERIES = 10_000;
const BOOKS_EACH = 10;
const READ_EACH = 6;
const ROUNDS = 5;
const AIM = 3;
const SOURCE = "api:example";

export async function entriesBench(report: Report): Promise<void> {
  await using server = await startTestServer();
  const url = await migrateLibrary(server.adminUrl);
  const reader = testSubject("reader");
  const admin = postgres(server.adminUrl, { max: 1, onnotice: () => {} });
  await shelve(admin, reader.userId);
  const plain = postgres(url, { max: 1 });
  const library = await openLibrary(url);

  const times = { built: Infinity, bare: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    times.bare = Math.min(times.bare, await seconds(() => bareQuery(plain, reader.userId)));
    times.built = Math.min(times.built, await seconds(() => library.build(reader)));
  }
  await Promise.all([admin.end(), plain.end(), library.close()]);

  const ratio = times.built / times.bare;
  report({
    name: "sync.entries",
    value: SERIES / times.built,
    unit: "series/s",
    floor: SERIES / times.bare,
    ratio,
    aim: `time ≤ ${AIM} × floor`,
    holds: ratio <= AIM,
  });
}

async function seconds(work: () => Promise<number>): Promise<number> {
  const startedAt = performance.now();
  assert.equal(await work(), SERIES);
  return (performance.now() - startedAt) / 1000;
}

/** Series of ten volumes, six of them read, with a document of ordinary size. */
async function shelve(sql: Sql, userId: string): Promise<void> {
  await sql`
    insert into library.libraries (id, name, created_at, updated_at)
    values ('00000000-0000-4000-8000-000000000001', 'Manga', now(), now())`;
  const documentColumns = `id, library_id, key, title, title_sort, metadata, locks, provenance,
    created_at, updated_at`;
  const summary = "What it is about, in some words. ".repeat(12);
  await sql.unsafe(`
    insert into library.series (${documentColumns}, book_count, own_words, words)
    select gen_random_uuid(), '00000000-0000-4000-8000-000000000001', 's' || n, 'Series ' || n,
      'series ' || n, jsonb_build_object('title', 'Series ' || n, 'summary', '${summary}',
        'totalVolumeCount', 12, 'genres', '["Drama", "Fantasy"]'::jsonb,
        'externalIds', jsonb_build_array(
          jsonb_build_object('source', '${SOURCE}', 'externalId', n::text),
          jsonb_build_object('source', 'api:other', 'externalId', n::text))),
      '{}', '{}', now(), now(), ${BOOKS_EACH}, '', ''
    from generate_series(1, ${SERIES}) as n`);
  await sql.unsafe(`
    insert into library.books (${documentColumns}, series_id, number, words)
    select gen_random_uuid(), library_id, key || ' ' || n, 'Volume ' || n, 'volume ' || n,
      jsonb_build_object('title', 'Volume ' || n, 'summary', '${summary}', 'volume', n),
      '{}', '{}', now(), now(), series.id, n, ''
    from library.series, generate_series(1, ${BOOKS_EACH}) as n`);
  await sql`
    insert into library.book_progress
      (user_id, book_id, completed, started_at, completed_at, updated_at)
    select ${userId}::uuid, id, true, now(), now(), now() from library.books
    where number <= ${READ_EACH}`;
  await sql`vacuum analyze`;
}

async function bareQuery(sql: Sql, userId: string): Promise<number> {
  const rows = await sql`
    select x.external_id, s.id, s.title, s.metadata ->> 'totalVolumeCount' as total,
      count(*) as books, count(*) filter (where p.completed) as read,
      max((b.metadata ->> 'volume')::double precision) filter (where p.completed) as max_volume,
      max((b.metadata ->> 'chapter')::double precision) filter (where p.completed) as max_chapter,
      min(p.started_at) as started_at, max(p.completed_at) as completed_at,
      max(p.updated_at) as updated_at, r.rating
    from library.series_external_ids x
    join library.series s on s.id = x.series_id
    join library.books b on b.series_id = s.id
    left join library.book_progress p on p.book_id = b.id and p.user_id = ${userId}
    left join library.series_ratings r on r.series_id = s.id and r.user_id = ${userId}
    where x.source = ${SOURCE}
    group by x.external_id, s.id, r.rating
    having count(p.book_id) > 0
    order by x.external_id`;
  return rows.length;
}

/** The library's real app and client, as sync calls them. */
async function openLibrary(databaseUrl: string) {
  const { app, connection, identities } = await openLibraryApp(databaseUrl);
  const client = createLibraryClient({
    identity: await identities.of("sync"),
    baseUrl: "http://library.test",
    fetch: async (input, init) => await app.request(input, init),
  });
  const config: JsonObject = {};
  const settings = SyncSettings.parse({});
  const options = { settings, config, wantsDetailedProgress: false, mayHaveMetadata: false };
  return {
    async build(subject: ReturnType<typeof testSubject>): Promise<number> {
      let entries = 0;
      const engaged = client.streamEngagement({ requestId: "benchmark", subject }, {
        externalIdSource: SOURCE,
        libraryIds: [],
        matches: [],
        withUnidentified: false,
        withBooks: false,
        withMetadata: false,
      });
      for await (const entry of engaged) {
        if (buildEntry(entry, { ...options, now: Date.now() }) !== undefined) entries++;
      }
      return entries;
    },
    close: connection.close,
  };
}
