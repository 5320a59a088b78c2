import assert from "node:assert/strict";
import { sql as text } from "drizzle-orm";
import { createTestDatabase } from "../../infra/test/database.ts";
import { connectDatabase } from "./database.ts";

/** One connection: what is prepared belongs to it. */
async function withConnection(
  test: (connection: ReturnType<typeof connectDatabase>) => Promise<void>,
): Promise<void> {
  await using database = await createTestDatabase("none");
  const connection = connectDatabase(database.adminUrl, {}, { connectionsMax: 1 });
  try {
    await test(connection);
  } finally {
    await connection.close();
  }
}

async function preparedTexts({ sql }: ReturnType<typeof connectDatabase>): Promise<string[]> {
  const rows = await sql<{ statement: string }[]>`select statement from pg_prepared_statements`;
  return rows.map((row) => row.statement);
}

Deno.test("a statement of drizzle's is prepared once, in transactions too", async () => {
  await withConnection(async (connection) => {
    const { db } = connection;
    const ask = (from: Pick<typeof db, "execute">, value: number) =>
      from.execute(text`select ${value}::int as asked`);
    for (const value of [1, 2]) await ask(db, value);
    await db.transaction((transaction) => ask(transaction, 3));
    const asked = (await preparedTexts(connection)).filter((it) => it.includes("as asked"));
    assert.deepEqual(asked, ["select $1::int as asked"]);
  });
});

Deno.test("a long statement is not kept by the server", async () => {
  await withConnection(async (connection) => {
    const values = text.join(Array.from({ length: 500 }, (_, n) => text`${n}::int`), text`, `);
    await connection.db.execute(text`select array[${values}] as many`);
    assert.ok((await preparedTexts(connection)).every((it) => !it.includes("as many")));
  });
});
