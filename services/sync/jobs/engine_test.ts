import assert from "node:assert/strict";
import postgres from "postgres";
import { PluginId } from "@codex/protocol";
import { quietLogger } from "@codex/service";
import { connectDatabase } from "@codex/service/database";
import { getConstructionPlans } from "pg-boss";
import { createTestDatabase } from "../../../infra/test/database.ts";
import { schema } from "../db/database.ts";
import type { DueRun } from "../deps.ts";
import { JobEngine, type JobHandlers, JOBS_SCHEMA } from "./engine.ts";

const idle: JobHandlers = {
  run: () => Promise.resolve(),
  schedule: () => Promise.resolve(),
  upkeep: () => Promise.resolve(),
};

/** A run that is due, of the plugin given or of one of its own. */
function newRun(pluginId: string = crypto.randomUUID()): DueRun {
  return { id: crypto.randomUUID(), pluginId: PluginId.parse(pluginId) };
}

async function createJobs(handlers: Partial<JobHandlers> = {}, replicas = 1) {
  const database = await createTestDatabase("sync");
  const url = database.urls.codex_sync;
  const { db, sql, close } = connectDatabase(url, schema);
  const engines = Array.from({ length: replicas }, () => new JobEngine(url, quietLogger()));
  for (const engine of engines) await engine.start({ ...idle, ...handlers });
  return {
    db,
    sql,
    engines,
    engine: engines[0]!,
    adminUrl: database.adminUrl,
    async [Symbol.asyncDispose]() {
      for (const engine of engines) await engine.stop();
      await close();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Resolves once `count` values have come. */
function collector<Value>(count: number) {
  const values: Value[] = [];
  const { promise, resolve } = Promise.withResolvers<Value[]>();
  return {
    values,
    all: promise,
    add(value: Value) {
      values.push(value);
      if (values.length === count) resolve(values);
    },
  };
}

Deno.test("the migration holds what this version of pg-boss would make", async () => {
  const migration = await Deno.readTextFile(
    new URL("../db/migrations/0002_jobs.sql", import.meta.url),
  );
  const plain = (text: string) => text.replaceAll(/--.*$/gm, "").replaceAll(/[\s;]+/g, " ").trim();
  const [, made = ""] = /pg_advisory_xact_lock\([^;]*;([\s\S]*)COMMIT/.exec(
    getConstructionPlans(JOBS_SCHEMA, { createSchema: false }),
  ) ?? [];
  assert.equal(plain(migration), plain(made));
});

Deno.test("a run is taken up once, by one of all replicas", async () => {
  const done = collector<string>(20);
  await using jobs = await createJobs({ run: (id) => Promise.resolve(done.add(id)) }, 2);
  const runs = Array.from({ length: 20 }, () => newRun());
  for (const run of runs) await jobs.engine.enqueueRun(jobs.db, run);
  await done.all;
  assert.deepEqual(done.values.toSorted(), runs.map(({ id }) => id).toSorted());
});

Deno.test("a plugin that hangs holds half of the workers; another's run begins meanwhile", async () => {
  const [hangs, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const stuck = Array.from({ length: 10 }, () => newRun(hangs));
  const release = Promise.withResolvers<void>();
  const [held, all] = [collector<string>(4), collector<string>(10)];
  const otherBegan = Promise.withResolvers<void>();
  await using jobs = await createJobs({
    async run(id) {
      if (!stuck.some((run) => run.id === id)) return otherBegan.resolve();
      held.add(id);
      if (held.values.length > 4) otherBegan.reject(new Error("It holds more than its share"));
      await release.promise;
      all.add(id);
    },
  });
  for (const run of stuck) await jobs.engine.enqueueRun(jobs.db, run);
  await held.all;
  await jobs.engine.enqueueRun(jobs.db, newRun(other));
  await otherBegan.promise;
  assert.equal(held.values.length, 4);
  release.resolve();
  // Those that had to wait are none the worse for it.
  assert.deepEqual((await all.all).toSorted(), stuck.map(({ id }) => id).toSorted());
});

Deno.test("a job is sent with its transaction, or not at all; one that waits is enough", async () => {
  const done = collector<string>(1);
  await using jobs = await createJobs({ run: (id) => Promise.resolve(done.add(id)) });
  const [kept, dropped] = [newRun(), newRun()];
  await assert.rejects(jobs.db.transaction(async (tx) => {
    await jobs.engine.enqueueRun(tx, dropped);
    throw new Error("Rolled back");
  }));
  const later = new Date(Date.now() + 3_600_000);
  await jobs.db.transaction(async (tx) => {
    await jobs.engine.enqueueRun(tx, kept, later);
    await jobs.engine.enqueueRun(tx, kept);
  });
  const rows = await jobs.sql<{ key: string }[]>`
    select singleton_key as key from pgboss_sync.job where name = 'run'`;
  assert.deepEqual(rows.map(({ key }) => key), [kept.id]);
  await jobs.sql`update pgboss_sync.job set start_after = now() where name = 'run'`;
  assert.deepEqual(await done.all, [kept.id]);
});

Deno.test("a job that fails comes again", async () => {
  const done = collector<number>(2);
  await using jobs = await createJobs({
    run: () => {
      done.add(Date.now());
      return done.values.length === 1 ? Promise.reject(new Error("Busy")) : Promise.resolve();
    },
  });
  await jobs.engine.enqueueRun(jobs.db, newRun());
  await done.all;
});

Deno.test("a killed worker's job is taken up by another", async () => {
  const [first, second] = [collector<string>(1), collector<string>(1)];
  await using jobs = await createJobs({
    run: (id) => {
      (first.values.length === 0 ? first : second).add(id);
      return Promise.resolve();
    },
  });
  const run = newRun();
  await jobs.engine.enqueueRun(jobs.db, run);
  await first.all;
  // As a worker that was killed leaves it: active, without a sign of life. Not before it has ended.
  const asKilled = () =>
    jobs.sql`
      update pgboss_sync.job set state = 'active', completed_on = null,
        heartbeat_on = now() - interval '11 seconds'
      where singleton_key = ${run.id} and state = 'completed' returning id`;
  while ((await asKilled()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(await second.all, [run.id]);
});

Deno.test("a service that stops tells its runs, and waits for them", async () => {
  const begun = Promise.withResolvers<void>();
  let ended = false;
  await using jobs = await createJobs({
    run: async (_, signal) => {
      begun.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      ended = true;
    },
  });
  await jobs.engine.enqueueRun(jobs.db, newRun());
  await begun.promise;
  await jobs.engine.stop();
  assert.ok(ended);
});

Deno.test("schedules are exactly those wanted; one that can't be read is left out", async () => {
  await using jobs = await createJobs();
  const [one, two, bad] = [1, 2, 3].map(() => PluginId.parse(crypto.randomUUID()));
  const known = async () =>
    (await jobs.sql<{ key: string; cron: string }[]>`
      select key, cron from pgboss_sync.schedule where name = 'scheduled-sync' order by cron`)
      .map(({ key, cron }) => [key, cron]);
  await jobs.engine.setSchedules([
    { pluginId: one!, cron: "0 3 * * *" },
    { pluginId: two!, cron: "*/5 * * * *" },
    { pluginId: bad!, cron: "often" },
  ]);
  assert.deepEqual(await known(), [[two, "*/5 * * * *"], [one, "0 3 * * *"]]);
  await jobs.engine.setSchedules([{ pluginId: one!, cron: "0 4 * * *" }]);
  assert.deepEqual(await known(), [[one, "0 4 * * *"]]);
  await jobs.engine.setSchedules([]);
  assert.deepEqual(await known(), []);
});

Deno.test("the service's role may use the engine's tables and change none", async () => {
  await using jobs = await createJobs();
  await assert.rejects(jobs.sql`create table pgboss_sync.other (x int)`, { code: "42501" });
  await assert.rejects(jobs.sql`drop table pgboss_sync.warning`, { code: "42501" });
  const admin = postgres(jobs.adminUrl, { max: 1 });
  const owned = await admin`
    select from pg_class join pg_roles on pg_roles.oid = relowner where rolname = 'codex_sync'`;
  assert.equal(owned.length, 0);
  await admin.end();
});
