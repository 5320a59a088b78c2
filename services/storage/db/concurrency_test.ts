import assert from "node:assert/strict";
import type { TransactionSql } from "postgres";
import {
  connectTestSql,
  expire,
  newConnection,
  store,
  type TestSql,
  waitsForLock,
} from "../testing.ts";
import { clearEntries, deleteEntry, listEntries } from "./queries.ts";

/** Runs `first` in a transaction that stays open until `second` waits for it, or has ended without. */
async function overlap<First, Second>(
  { sql, admin }: TestSql,
  first: (tx: TransactionSql) => Promise<First>,
  second: () => Promise<Second>,
): Promise<[First, Second]> {
  let other: Promise<Second> | undefined;
  const result = await sql.begin(async (tx) => {
    const done = await first(tx);
    other = second();
    await waitsForLock(admin, other);
    return [done] as const;
  });
  return [result[0], await other!];
}

Deno.test("of two new keys set at once only one takes the last place", async () => {
  await using database = await connectTestSql();
  const connection = newConnection();
  const set = (sql: TestSql["sql"] | TransactionSql, key: string) =>
    store(sql, connection, key, { keysMax: 1 });
  const outcomes = await overlap(
    database,
    (tx) => set(tx, "first"),
    () => set(database.sql, "second"),
  );
  assert.deepEqual(outcomes, ["stored", "keys_max"]);
});

Deno.test("sets of different connections don't wait for each other, of one user neither", async () => {
  await using database = await connectTestSql();
  const connection = newConnection();
  await database.sql.begin(async (tx) => {
    assert.equal(await store(tx, connection, "key"), "stored");
    for (const other of [newConnection(), newConnection({ userId: connection.userId })]) {
      assert.equal(await store(database.sql, other, "key"), "stored");
    }
  });
});

Deno.test("replacing a key waits for nobody who writes another key", async () => {
  await using database = await connectTestSql();
  const connection = newConnection();
  for (const key of ["a", "b"]) await store(database.sql, connection, key);
  await database.sql.begin(async (tx) => {
    assert.equal(await store(tx, connection, "new"), "stored");
    assert.equal(await store(tx, connection, "a"), "stored");
    assert.equal(await store(database.sql, connection, "b"), "stored");
  });
});

Deno.test("an expired key that is being replaced keeps its place", async () => {
  await using database = await connectTestSql();
  const connection = newConnection();
  await store(database.sql, connection, "key");
  await expire(database.admin, connection, "key");
  const outcomes = await overlap(
    database,
    (tx) => store(tx, connection, "key", { keysMax: 1 }),
    () => store(database.sql, connection, "other", { keysMax: 1 }),
  );
  assert.deepEqual(outcomes, ["stored", "keys_max"]);
});

Deno.test("setting a key while it is deleted stores it anew", async () => {
  await using database = await connectTestSql();
  const connection = newConnection();
  await store(database.sql, connection, "key");
  const outcomes = await overlap(
    database,
    (tx) => deleteEntry(tx as unknown as TestSql["sql"], connection.connectionId, "key"),
    () => store(database.sql, connection, "key", { keysMax: 1 }),
  );
  assert.deepEqual(outcomes, [true, "stored"]);
  assert.equal((await listEntries(database.sql, connection.connectionId)).length, 1);
});

Deno.test("clearing waits for a set under way and takes its key too", async () => {
  await using database = await connectTestSql();
  const connection = newConnection();
  await store(database.sql, connection, "a");
  const [, deleted] = await overlap(
    database,
    (tx) => store(tx, connection, "b"),
    () => clearEntries(database.sql, connection.connectionId),
  );
  assert.equal(deleted, 2);
});
