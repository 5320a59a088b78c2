import assert from "node:assert/strict";
import { saveConnectionSync } from "../db/connection_queries.ts";
import { createFixture } from "../testing/fixture.ts";
import { beginScheduled, forgetOldRuns } from "./upkeep.ts";

Deno.test("the schedule begins a run for each connection that wants it, is enabled and connected", async () => {
  await using test = await createFixture();
  const { auth, db, plugin } = test;
  const connect = async (auto: boolean, change: object) => {
    const connection = auth.connect(crypto.randomUUID(), plugin.id);
    auth.change(connection.id, change);
    const { id: connectionId, pluginId, userId } = connection;
    await saveConnectionSync(db, { connectionId, pluginId, userId }, { autoSync: auto });
    return connectionId;
  };
  const wanted = [await connect(true, {}), await connect(true, {})];
  await connect(false, {});
  await connect(true, { enabled: false });
  await connect(true, { status: "needs_reconnection" });
  const gone = await connect(true, {});
  auth.disconnect(gone);
  for (let i = 0; i < 150; i++) wanted.push(await connect(true, {}));

  assert.equal(await beginScheduled(test.deps, "schedule", plugin.id), wanted.length);
  const rows = await test.sql<{ id: string; by: string }[]>`
    select connection_id as id, started_by as by from sync_runs`;
  assert.deepEqual(rows.map(({ id }) => id).sort(), wanted.toSorted());
  assert.ok(rows.every(({ by }) => by === "schedule"));
  // One that goes on is left alone, and what is kept of a connection that is gone goes.
  assert.equal(await beginScheduled(test.deps, "schedule", plugin.id), 0);
  const kept = await test.sql`select from connection_syncs where connection_id = ${gone}`;
  assert.equal(kept.length, 0);
});

Deno.test("auth that does not answer holds back one occasion, not the ones after", async () => {
  await using test = await createFixture();
  await saveConnectionSync(test.db, test.ref, { autoSync: true });
  const { listConnections } = test.auth;
  test.auth.listConnections = () => Promise.reject(new Error("away"));
  assert.equal(await beginScheduled(test.deps, "schedule", test.plugin.id), 0);
  test.auth.listConnections = listConnections;
  assert.equal(await beginScheduled(test.deps, "schedule", test.plugin.id), 1);
});

Deno.test("runs that ended long ago are forgotten, newer ones and unfinished ones are not", async () => {
  await using test = await createFixture();
  await test.syncToEnd();
  test.clock.advance(91 * 86_400_000);
  await test.syncToEnd();
  await test.begin();
  await forgetOldRuns(test.deps);
  assert.equal((await test.sql`select from sync_runs`).length, 2);
});
