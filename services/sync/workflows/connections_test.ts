import assert from "node:assert/strict";
import { SeriesId } from "@codex/protocol";
import { createFixture, type Fixture } from "../testing/fixture.ts";

const WRITES: Readonly<Record<string, (test: Fixture) => Promise<Response>>> = {
  "a change of the sync mode": (test) =>
    test.call("PUT", `/internal/plugins/${test.plugin.id}/sync-mode`, { body: { auto: false } }),
  "a match by hand": (test) =>
    test.call("PUT", `/api/v1/user/plugins/${test.plugin.id}/sync/matches`, {
      body: { externalId: "7", seriesId: SeriesId.parse(test.library.add({ volumes: 1 }).id) },
    }),
};

const PURGES: Readonly<Record<string, (test: Fixture) => string>> = {
  "its disconnect": ({ connection }) => `/internal/connections/${connection.id}`,
  "its user's deletion": ({ connection }) => `/internal/users/${connection.userId}`,
};

/** Rows of the reader in all tables. */
async function rowsLeft({ sql, connection }: Fixture): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.columns
    where table_schema = 'sync' and column_name = 'user_id'`;
  assert.ok(tables.length >= 7);
  const counts = await Promise.all(tables.map(async ({ name }) => {
    const rows = await sql`select from ${sql(name)} where user_id = ${connection.userId}`;
    return rows.length === 0 ? [] : [name];
  }));
  return counts.flat();
}

/** Until the purge is done, or is seen to wait for a transaction. */
async function doneOrWaiting({ sql }: Fixture, purge: Promise<Response>): Promise<void> {
  let isDone = false;
  purge.finally(() => isDone = true);
  while (!isDone) {
    const waiting = await sql`
      select from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`;
    if (waiting.length > 0) return;
  }
}

for (const [what, write] of Object.entries(WRITES)) {
  for (const [moment, path] of Object.entries(PURGES)) {
    Deno.test(`${what} in the moment of ${moment} leaves nothing behind`, async () => {
      // Auth may have told of the connection once, or again, before it is gone.
      for (const answers of [1, 2]) {
        await using test = await createFixture();
        const listConnections = test.auth.listConnections.bind(test.auth);
        let [asked, purge] = [0, Promise.resolve(new Response())];
        test.auth.listConnections = async (context) => {
          const answer = await listConnections(context);
          if (++asked !== answers) return answer;
          test.auth.disconnect(test.connection.id);
          purge = test.call("DELETE", path(test), { from: "auth", subject: null });
          await doneOrWaiting(test, purge);
          return answer;
        };
        const reply = await write(test);
        assert.equal(reply.status, asked > answers ? 404 : 200);
        assert.equal((await purge).status, 200);
        assert.deepEqual(await rowsLeft(test), []);
      }
    });
  }
}
