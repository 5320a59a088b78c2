import assert from "node:assert/strict";
import { findRun } from "../db/run_queries.ts";
import { purgeConnection } from "../db/purge_queries.ts";
import { createFixture, type Fixture } from "../testing/fixture.ts";
import { beginRun } from "../workflows/start_run.ts";
import { rescueRuns } from "../workflows/upkeep.ts";
import { HeldRun } from "./held_run.ts";
import { RunLost } from "./run_stop.ts";

const never = new AbortController().signal;

async function begun(test: Fixture): Promise<string> {
  const result = await test.begin();
  assert.equal(result.kind, "begun");
  return result.kind === "begun" ? result.runId : "";
}

/** As after a kill -9: nobody renews, and the time is over. */
async function expire(test: Fixture, id: string): Promise<void> {
  await test.sql`update sync_runs set lease_until = now() - interval '1 second' where id = ${id}`;
}

/** Until the run's lease has been renewed after it would have ended; not for ever. */
async function untilOutlived(test: Fixture, id: string, leaseMs: number): Promise<void> {
  const leaseUntil = async () => (await findRun(test.db, id))?.leaseUntil?.getTime() ?? 0;
  const renewed = await leaseUntil() + leaseMs;
  const giveUpAt = performance.now() + 10 * leaseMs;
  while (await leaseUntil() < renewed && performance.now() < giveUpAt) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("of many who take a run up at once one gets it, also of many jobs for it", async () => {
  await using test = await createFixture();
  const id = await begun(test);
  const claims = await Promise.all(
    Array.from({ length: 10 }, () => HeldRun.claim(test.deps, id, never)),
  );
  const held = claims.filter((claim) => claim !== undefined);
  assert.equal(held.length, 1);
  assert.equal(await test.execute(id), "busy");
  held[0]!.release();
});

Deno.test("of many who begin a run at once one does, over all replicas", async () => {
  await using test = await createFixture();
  const results = await Promise.all(Array.from({ length: 10 }, () => test.begin()));
  assert.deepEqual(results.filter(({ kind }) => kind === "begun").length, 1);
  assert.equal(test.jobs.jobs.length, 1);
});

Deno.test("whoever was given up for dead writes nothing any more", async () => {
  await using test = await createFixture();
  const id = await begun(test);
  const first = (await HeldRun.claim(test.deps, id, never))!;
  await expire(test, id);
  const second = (await HeldRun.claim(test.deps, id, never))!;
  assert.equal(second.run.attempt, 2);
  await assert.rejects(first.change({ phase: "push" }), RunLost);
  await assert.rejects(
    first.advance(() => Promise.resolve({ change: { pushed: 5 }, result: undefined })),
    RunLost,
  );
  await second.change({ phase: "build" });
  assert.deepEqual([(await findRun(test.db, id))?.phase], ["build"]);
  first.release();
  second.release();
});

Deno.test("a worker that lives keeps its run; one that lost it is told", async () => {
  const leaseMs = 4500;
  await using test = await createFixture({ deps: { leaseMs } });
  const id = await begun(test);
  const held = (await HeldRun.claim(test.deps, id, never))!;
  const lost = new Promise((resolve) => held.signal.addEventListener("abort", resolve));
  await untilOutlived(test, id, leaseMs);
  assert.equal(await HeldRun.claim(test.deps, id, never), undefined);
  await test.sql`update sync_runs set attempt = attempt + 1 where id = ${id}`;
  await lost;
  assert.ok(held.isLost);
  await assert.rejects(held.change({}), RunLost);
  held.release();
});

Deno.test("a service that stops lets its runs go at once, and another goes on where they are", async () => {
  await using test = await createFixture();
  const { service, library } = test;
  service.limits.pageSize = 10;
  for (let i = 0; i < 40; i++) {
    service.set(`id-${i}`, { volumes: 1 });
    library.add({ externalId: `id-${i}`, volumes: 1 });
  }
  const stopping = new AbortController();
  service.after = (_, number) => {
    if (number === 2) stopping.abort(new Error("The service stops"));
  };
  const id = await begun(test);
  test.jobs.jobs.length = 0;
  assert.equal(await test.execute(id, stopping.signal), "waiting");
  const run = await findRun(test.db, id);
  assert.deepEqual([run?.state, run?.leaseUntil, run?.stalls], ["queued", null, 0]);
  const { pulled, applied } = await test.workToEnd(id);
  assert.deepEqual([pulled, applied], [40, 40]);
});

Deno.test("a connection that is purged while its run goes on leaves nothing behind", async () => {
  await using test = await createFixture();
  const { service, library, connection, db } = test;
  service.limits.pageSize = 5;
  for (let i = 0; i < 20; i++) {
    service.set(`id-${i}`, { volumes: 1 });
    library.add({ externalId: `id-${i}`, volumes: 2, read: 2 });
  }
  service.before = async (_, number) => {
    if (number === 3) await purgeConnection(db, connection.id);
  };
  const id = await begun(test);
  assert.equal(await test.execute(id), "busy");
  for (const table of ["sync_runs", "entry_states", "outbox_entries", "connection_syncs"]) {
    assert.equal((await test.sql`select from ${test.sql(table)}`).length, 0, table);
  }
  assert.equal(await test.execute(id), "not_due");
});

Deno.test("a run whose job got lost is taken up again, others are left alone", async () => {
  await using test = await createFixture();
  const id = await begun(test);
  test.jobs.jobs.length = 0;
  assert.equal(await rescueRuns(test.deps), 0);
  test.clock.advance(120_000);
  assert.equal(await rescueRuns(test.deps), 1);
  const held = (await HeldRun.claim(test.deps, id, never))!;
  assert.equal(await rescueRuns(test.deps), 0);
  held.release();
  await expire(test, id);
  assert.equal(await rescueRuns(test.deps), 1);
  await test.work();
  assert.equal((await findRun(test.db, id))?.state, "succeeded");
  assert.equal(await rescueRuns(test.deps), 0);
});

for (
  const [what, change] of [
    [
      "the plugin is off",
      (test: Fixture) =>
        test.host.change(test.plugin.id, { usable: false, stateReason: "Turned off" }),
    ],
    [
      "the connection is disabled",
      (test: Fixture) => test.auth.change(test.connection.id, { enabled: false }),
    ],
  ] as const
) {
  Deno.test(`a run fails with the reason when ${what}`, async () => {
    await using test = await createFixture();
    const id = await begun(test);
    change(test);
    await test.work();
    const run = await findRun(test.db, id);
    assert.equal(run?.state, "failed");
    assert.ok(run?.reason);
    assert.equal(test.service.calls.length, 0);
  });
}

for (const madeAnew of [false, true]) {
  const what = madeAnew ? "made anew" : "gone";
  Deno.test(`a run whose connection is ${what} leaves nothing of it`, async () => {
    await using test = await createFixture();
    test.service.set("elsewhere", { volumes: 1 });
    await test.syncToEnd();
    const calls = test.service.calls.length;
    await begun(test);
    test.auth.disconnect(test.connection.id);
    const next = madeAnew ? test.auth.connect(test.reader.userId, test.plugin.id) : undefined;
    await test.work();
    for (const table of ["sync_runs", "connection_syncs", "entry_states"]) {
      assert.equal((await test.sql`select from ${test.sql(table)}`).length, 0, table);
    }
    assert.equal(test.service.calls.length, calls);
    if (next === undefined) return;
    const { id: connectionId, pluginId, userId } = next;
    await beginRun(test.deps, { connectionId, pluginId, userId }, { startedBy: "user" });
    await test.work();
    const rows = await test.sql`select connection_id from sync_runs`;
    assert.deepEqual([...rows], [{ connection_id: connectionId }], "The new one is left alone");
  });
}
