import assert from "node:assert/strict";
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { createTestDatabase, type TestDatabase, testPasswords } from "../test/database.ts";
import { migrateDatabase } from "./migrate.ts";

const FIRST = `CREATE SCHEMA IF NOT EXISTS "sync";--> statement-breakpoint
CREATE TABLE "sync"."runs" ("id" serial PRIMARY KEY, "note" text);--> statement-breakpoint
CREATE FUNCTION "sync"."twice"(n int) RETURNS int LANGUAGE sql AS 'select n * 2';`;
const SECOND = `ALTER TABLE "sync"."runs" ADD COLUMN "at" timestamptz;`;

/** A working tree with these migrations of sync; `when` is each one's place in time. */
async function writeTree(
  tree: string,
  migrations: { tag: string; when: number; sql: string }[],
  grants?: string,
): Promise<void> {
  const folder = join(tree, "services", "sync", "db", "migrations");
  await Deno.mkdir(join(folder, "meta"), { recursive: true });
  for (const { tag, sql } of migrations) await Deno.writeTextFile(join(folder, `${tag}.sql`), sql);
  const entries = migrations.map(({ tag, when }, idx) => ({
    idx,
    version: "7",
    when,
    tag,
    breakpoints: true,
  }));
  await Deno.writeTextFile(
    join(folder, "meta", "_journal.json"),
    JSON.stringify({ version: "7", dialect: "postgresql", entries }),
  );
  if (grants) await Deno.writeTextFile(join(folder, "..", "grants.sql"), grants);
}

/** A migrated database of a made-up sync service, with a connection as its role. */
async function withSync(
  migrations: { tag: string; when: number; sql: string }[],
  run: (context: {
    tree: string;
    database: TestDatabase;
    sql: Sql;
    migrate: () => ReturnType<typeof migrateDatabase>;
  }) => Promise<void>,
  grants?: string,
): Promise<void> {
  const tree = await Deno.makeTempDir();
  await using database = await createTestDatabase("none");
  const sql = postgres(database.urls.codex_sync, { max: 1, onnotice: () => {} });
  const migrate = () =>
    migrateDatabase({
      adminUrl: database.adminUrl,
      passwords: testPasswords,
      services: ["sync"],
      tree,
    });
  try {
    await writeTree(tree, migrations, grants);
    await run({ tree, database, sql, migrate });
  } finally {
    await sql.end();
    await Deno.remove(tree, { recursive: true });
  }
}

const denied = { code: "42501" };

Deno.test("migrating applies each migration once and says how many", async () => {
  await withSync([{ tag: "0000_first", when: 1, sql: FIRST }], async ({ tree, sql, migrate }) => {
    assert.deepEqual(await migrate(), [{ service: "sync", applied: 1, total: 1 }]);
    await sql`insert into runs (note) values ('kept')`;
    assert.deepEqual(await migrate(), [{ service: "sync", applied: 0, total: 1 }]);
    await writeTree(tree, [
      { tag: "0000_first", when: 1, sql: FIRST },
      { tag: "0001_second", when: 2, sql: SECOND },
    ]);
    assert.deepEqual(await migrate(), [{ service: "sync", applied: 1, total: 2 }]);
    assert.deepEqual((await sql`select note, at from runs`).map((row) => ({ ...row })), [
      { note: "kept", at: null },
    ]);
  });
});

Deno.test("a role uses its own schema and changes neither it nor its migrations", async () => {
  await withSync([{ tag: "0000_first", when: 1, sql: FIRST }], async ({ sql, migrate }) => {
    await migrate();
    await sql`insert into runs (note) values ('one')`;
    await sql`update runs set note = 'two'`;
    assert.equal((await sql`select twice(4) as n`)[0]?.["n"], 8);
    assert.equal((await sql`select count(*)::int as n from migrations`)[0]?.["n"], 1);
    await sql`delete from runs`;
    for (
      const statement of [
        "drop table runs",
        "alter table runs add column x int",
        "create table sync.other (x int)",
        "create table public.other (x int)",
        "create temporary table other (x int)",
        "delete from migrations",
        "insert into migrations (hash) values ('x')",
        "create schema other",
      ]
    ) await assert.rejects(sql.unsafe(statement), { code: /^(42501|3F000)$/ }, statement);
  });
});

Deno.test("a role enters no other schema", async () => {
  await withSync(
    [{ tag: "0000_first", when: 1, sql: FIRST }],
    async ({ database, migrate }) => {
      await migrate();
      const other = postgres(database.urls.codex_library, { max: 1 });
      await assert.rejects(other`select * from sync.runs`, denied);
      await other.end();
    },
  );
});

Deno.test("what a migration takes from its role stays taken at the next start", async () => {
  const narrowing = `${FIRST}--> statement-breakpoint
REVOKE DELETE ON "sync"."runs" FROM codex_sync;`;
  await withSync([{ tag: "0000_first", when: 1, sql: narrowing }], async ({ sql, migrate }) => {
    await migrate();
    await migrate();
    await sql`insert into runs (note) values ('kept')`;
    await assert.rejects(sql`delete from runs`, denied);
  });
});

Deno.test("grants.sql replaces the default rights", async () => {
  await withSync(
    [{ tag: "0000_first", when: 1, sql: FIRST }],
    async ({ sql, migrate }) => {
      await migrate();
      await sql`select id from runs`;
      await assert.rejects(sql`select note from runs`, denied);
      await assert.rejects(sql`insert into runs (note) values ('x')`, denied);
    },
    "GRANT SELECT (id) ON sync.runs TO codex_sync;",
  );
});

Deno.test("a migration older than the newest applied one is reported, not skipped", async () => {
  const first = { tag: "0000_first", when: 10, sql: FIRST };
  await withSync([first], async ({ tree, migrate }) => {
    await migrate();
    await writeTree(tree, [first, { tag: "0001_late", when: 5, sql: SECOND }]);
    await assert.rejects(migrate(), /Of 2 migrations of "sync" the database holds 1/);
  });
});

Deno.test("a database of a newer version is left alone", async () => {
  const first = { tag: "0000_first", when: 1, sql: FIRST };
  const second = { tag: "0001_second", when: 2, sql: SECOND };
  await withSync([first, second], async ({ tree, migrate }) => {
    await migrate();
    await writeTree(tree, [first]);
    await assert.rejects(migrate(), /holds 2 migrations of "sync", this version knows 1/);
  });
});

Deno.test("a failing migration changes nothing and shows no statement", async () => {
  const broken = `${FIRST}--> statement-breakpoint\nSELECT 'secret' FROM nowhere;`;
  await withSync([{ tag: "0000_first", when: 1, sql: broken }], async ({ database, migrate }) => {
    await assert.rejects(migrate(), {
      message: 'The database can\'t be migrated: relation "nowhere" does not exist',
    });
    const admin = postgres(database.adminUrl, { max: 1 });
    assert.deepEqual([...await admin`select 1 from pg_tables where tablename = 'runs'`], []);
    await admin.end();
  });
});

Deno.test("several programs that migrate at once apply each migration once", async () => {
  await withSync([{ tag: "0000_first", when: 1, sql: FIRST }], async ({ migrate }) => {
    const reports = await Promise.all([migrate(), migrate(), migrate()]);
    assert.deepEqual(reports.map(([report]) => report?.applied).sort(), [0, 0, 1]);
  });
});

Deno.test("a service's second schema is its role's to use, and no other role's", async () => {
  const jobs = `${FIRST}--> statement-breakpoint
CREATE TABLE "pgboss_sync"."jobs" ("id" serial PRIMARY KEY);--> statement-breakpoint
CREATE FUNCTION "pgboss_sync"."one"() RETURNS int LANGUAGE sql AS 'select 1';`;
  await withSync(
    [{ tag: "0000_first", when: 1, sql: jobs }],
    async ({ database, sql, migrate }) => {
      await migrate();
      await sql`insert into pgboss_sync.jobs default values`;
      assert.equal((await sql`select pgboss_sync.one() as n`)[0]?.["n"], 1);
      await assert.rejects(sql.unsafe("create table pgboss_sync.other (x int)"), denied);
      const other = postgres(database.urls.codex_library, { max: 1 });
      await assert.rejects(other`select * from pgboss_sync.jobs`, denied);
      await other.end();
    },
  );
});
