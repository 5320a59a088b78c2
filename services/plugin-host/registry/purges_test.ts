import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { ConnectionId, PluginId, UserId } from "@codex/protocol";
import { connectDatabase } from "@codex/service/database";
import { createTestDatabase } from "../../../infra/test/database.ts";
import { leaseCalls } from "../db/bucket_queries.ts";
import type { Executor } from "../db/plugin_queries.ts";
import * as schema from "../db/schema.ts";
import { sweep } from "../sweep.ts";
import { Purges } from "./purges.ts";

const MINUTE_MS = 60_000;

interface Scene {
  readonly db: Executor;
  readonly sql: postgres.Sql;
  /** A replica with a disk of its own, which is asked about these ids. */
  replica(name: string, ids: readonly string[]): Replica;
  advance(ms: number): void;
}

interface Replica {
  readonly purges: Purges;
  /** Ids that it ended, each as often as it did. */
  readonly ended: string[];
}

async function withPurges(test: (scene: Scene) => Promise<void>): Promise<void> {
  await using database = await createTestDatabase("plugin-host");
  const { db, close } = connectDatabase(database.urls.codex_plugin_host, schema);
  const sql = postgres(database.adminUrl, { max: 1, onnotice: () => {} });
  const folder = await Deno.makeTempDir();
  let now = 1_000_000_000_000;
  try {
    await test({
      db,
      sql,
      replica(name, ids) {
        const ended: string[] = [];
        const runtime = {
          purge(isGone: (id: string) => boolean) {
            ended.push(...ids.filter((id) => isGone(id)));
            return Promise.resolve();
          },
        };
        const notePath = join(folder, name);
        return { purges: new Purges({ db, runtime, now: () => now, notePath }), ended };
      },
      advance: (ms) => now += ms,
    });
  } finally {
    await Promise.all([close(), sql.end()]);
    await Deno.remove(folder, { recursive: true });
  }
}

const connection = () => ConnectionId.parse(crypto.randomUUID());

Deno.test("each replica follows a purge once, and what is remembered names nobody", async () => {
  await withPurges(async ({ sql, replica }) => {
    const [gone, stays] = [connection(), connection()];
    const goneUser = UserId.parse(crypto.randomUUID());
    const ids = [gone, stays, goneUser];
    const [first, second] = [replica("first", ids), replica("second", ids)];
    for (const { purges, ended } of [first, second]) {
      await purges.follow();
      ended.length = 0;
    }
    await first.purges.purge({ kind: "connection", id: gone });
    await first.purges.purge({ kind: "user", id: goneUser });
    assert.deepEqual(first.ended, [gone, goneUser]);
    for (let round = 0; round < 2; round++) {
      await second.purges.follow();
      assert.deepEqual(second.ended, [gone, goneUser]);
    }
    const rows = await sql<{ row: string }[]>`select purged::text as row from plugin_host.purged`;
    assert.equal(rows.length, 2);
    for (const { row } of rows) {
      for (const id of ids) {
        assert.ok(!row.includes(id) && !row.includes(id.replaceAll("-", "")), row);
      }
    }
  });
});

Deno.test("a replica that was away for so long that it may have missed a purge keeps nobody's data", async () => {
  await withPurges(async ({ replica, advance }) => {
    const ids = [connection(), connection()];
    const before = replica("disk", ids);
    await before.purges.follow();
    assert.deepEqual(before.ended, ids, "A disk of which nothing is known");
    before.ended.length = 0;
    advance(4 * MINUTE_MS);
    await before.purges.follow();
    advance(4 * MINUTE_MS);
    const restarted = replica("disk", ids);
    await restarted.purges.follow();
    assert.deepEqual([before.ended, restarted.ended], [[], []]);
    advance(6 * MINUTE_MS);
    await restarted.purges.follow();
    assert.deepEqual(restarted.ended, ids, "Cut off from the database");
    advance(6 * MINUTE_MS);
    const late = replica("disk", ids);
    await late.purges.follow();
    assert.deepEqual(late.ended, ids, "Turned off");
  });
});

Deno.test("a purge is forgotten only when no ticket from before it can be valid", async () => {
  await withPurges(async ({ db, sql, replica }) => {
    const { purges } = replica("disk", []);
    await purges.purge({ kind: "connection", id: connection() });
    const leftAfter = async (minutes: number) => {
      await sql`update plugin_host.purged set purged_at = now() - make_interval(mins => ${minutes})`;
      await sweep(db);
      return (await sql`select from plugin_host.purged`).length;
    };
    assert.equal(await leftAfter(9), 1);
    assert.equal(await leftAfter(11), 0);
  });
});

Deno.test("what a call with an old ticket left of a connection or user that is gone goes, too", async () => {
  await withPurges(async ({ db, sql, replica }) => {
    const { purges } = replica("disk", []);
    const [{ id }] = await sql<[{ id: string }]>`
      insert into plugin_host.plugins (name, display_name, command) values ('p', 'P', 'deno')
      returning id`;
    const pluginId = PluginId.parse(id);
    const bucket = () => ({
      id: connection(),
      pluginId,
      userId: UserId.parse(crypto.randomUUID()),
    });
    const [gone, ofGoneUser, stays] = [bucket(), bucket(), bucket()];
    await purges.purge({ kind: "connection", id: gone.id });
    await purges.purge({ kind: "user", id: ofGoneUser.userId });
    for (const one of [gone, ofGoneUser, stays]) {
      await leaseCalls(db, { bucket: one, perMinute: 10 }, 1);
    }
    await purges.follow();
    assert.deepEqual([...await sql`select id from plugin_host.call_buckets`], [{ id: stays.id }]);
  });
});
