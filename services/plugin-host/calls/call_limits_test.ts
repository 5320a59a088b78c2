import assert from "node:assert/strict";
import postgres from "postgres";
import { ExecuteAnswer, PluginFailures, type PluginId, Problem, UserId } from "@codex/protocol";
import { ProblemError, quietLogger } from "@codex/service";
import type { Executor } from "../db/plugin_queries.ts";
import { bucketOf } from "../domain/call_bucket.ts";
import { BACKGROUND, type CallHolder } from "../domain/fair_share.ts";
import { type Person, withConnectedPlugin } from "../testing/connected_plugin.ts";
import { type TestService, withService } from "../testing/test_service.ts";
import { CallLimits } from "./call_limits.ts";

async function withScripted(
  body: (service: TestService, id: PluginId) => Promise<void>,
): Promise<void> {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    await body(service, id);
  });
}

/** How many of `count` calls at once are let through. */
async function admitted(
  limits: CallLimits,
  id: PluginId,
  count: number,
  perMinute: number,
  holder?: CallHolder,
): Promise<number> {
  const outcomes = await Promise.all(Array.from({ length: count }, async () => {
    try {
      const bucket = bucketOf(id, undefined);
      await limits.admit({ bucket, holder, pluginName: "scripted" }, perMinute);
      return true;
    } catch (error) {
      assert.ok(error instanceof ProblemError && error.code === "rate_limited");
      assert.ok((error.retryAfterSeconds ?? 0) > 0 && (error.retryAfterSeconds ?? 0) <= 60);
      return false;
    }
  }));
  return outcomes.filter(Boolean).length;
}

Deno.test("three replicas together let through exactly what the limit allows", async () => {
  await withScripted(async (service, id) => {
    const replicas = Array.from({ length: 3 }, () => limitsOver(service.deps.db));
    const outcomes = await Promise.all(
      replicas.flatMap((limits) => [1, 2, 3, 4].map(() => admitted(limits, id, 20, 100))),
    );
    assert.equal(outcomes.reduce((sum, it) => sum + it, 0), 100);
    assert.equal(await admitted(limitsOver(service.deps.db), id, 5, 100), 0);
  });
});

Deno.test("a holder is let through for half of the limit over all replicas, in the plugin's own minutes", async () => {
  await withScripted(async (service, id) => {
    const replicas = Array.from({ length: 3 }, () => limitsOver(service.deps.db));
    const sum = (counts: number[]) => counts.reduce((total, it) => total + it, 0);
    const admittedTo = async (holder: CallHolder) =>
      sum(await Promise.all(replicas.map((it) => admitted(it, id, 60, 100, holder))));
    const reader = UserId.parse(crypto.randomUUID());
    assert.equal(await admittedTo(reader), 50);
    // Near the end, a replica may have of the holder's block what another has of the plugin's.
    const left = await admittedTo(BACKGROUND);
    assert.ok(left >= 30 && left <= 50, `${left}`);
    const sql = postgres(service.adminUrl, { max: 1 });
    const ends = await sql`select distinct window_ends_at from plugin_host.call_buckets`;
    const rows = await sql`select user_id from plugin_host.call_buckets where user_id = ${reader}`;
    await sql.end();
    assert.deepEqual([ends.length, rows.length], [1, 1]);
  });
});

Deno.test("calls are leased in blocks: most need no statement, and a refused one none", async () => {
  await withScripted(async (service, id) => {
    let statements = 0;
    const db = new Proxy(service.deps.db, {
      get(target, name) {
        if (name === "execute") statements++;
        return Reflect.get(target, name);
      },
    });
    const limits = limitsOver(db);
    for (let call = 0; call < 200; call++) assert.equal(await admitted(limits, id, 1, 200), 1);
    assert.equal(statements, 20);
    for (let call = 0; call < 50; call++) assert.equal(await admitted(limits, id, 1, 200), 0);
    assert.equal(statements, 21);
  });
});

Deno.test("the next minute has its own calls, and what was leased for the last one is gone", async () => {
  await withScripted(async (service, id) => {
    let elapsedMs = 0;
    const limits = limitsOver(service.deps.db, () => elapsedMs);
    assert.equal(await admitted(limits, id, 3, 60), 3);
    assert.equal(await admitted(limits, id, 1, 60), 1);
    elapsedMs = 60_001;
    const sql = postgres(service.adminUrl, { max: 1 });
    await sql`update plugin_host.call_buckets set window_ends_at = now() - interval '1 ms'`;
    assert.equal(await admitted(limits, id, 70, 60), 60);
    const [row] = await sql<{ leased: number }[]>`select leased from plugin_host.call_buckets`;
    assert.equal(row?.leased, 60);
    await sql.end();
  });
});

Deno.test("a call over the limit is 429 with Retry-After and no failure; pings go on", async () => {
  await withScripted(async (service, id) => {
    await service.request("PATCH", `/admin/plugins/${id}`, { rateLimitRequestsPerMinute: 4 });
    for (let call = 0; call < 2; call++) assert.equal((await service.search(id, "x")).status, 200);
    const refused = await service.search(id, "x");
    assert.deepEqual([refused.status, refused.as(Problem).code], [429, "rate_limited"]);
    const retryAfter = Number(refused.headers.get("retry-after"));
    assert.ok(retryAfter > 0 && retryAfter <= 60);
    const ping = await service.request("POST", `/plugins/${id}/execute`, { action: "ping" });
    assert.equal(ping.status, 200);
    const failures = await service.request("GET", `/admin/plugins/${id}/failures`);
    assert.equal(failures.as(PluginFailures).total, 0);
    await service.request("PATCH", `/admin/plugins/${id}`, { rateLimitRequestsPerMinute: null });
    assert.equal((await service.search(id, "x")).status, 200);
  });
});

Deno.test("a plugin that asks for a pause gets it on every replica, until it is reset", async () => {
  await withScripted(async (first, id) => {
    const second = await first.replica();
    assert.equal((await second.search(id, "x")).status, 200);
    const limited = (await first.search(id, "limited")).as(ExecuteAnswer);
    assert.equal(limited.error?.code, -32001);
    for (const replica of [first, second]) {
      const refused = await replica.search(id, "x");
      assert.deepEqual([refused.status, refused.as(Problem).code], [429, "rate_limited"]);
      const retryAfter = Number(refused.headers.get("retry-after"));
      assert.ok(retryAfter > 0 && retryAfter <= 70);
    }
    await first.request("POST", `/admin/plugins/${id}/reset`);
    assert.equal((await second.search(id, "x")).status, 200);
  });
});

Deno.test("a user plugin's limit and pause are each connection's own", async () => {
  await withConnectedPlugin(async (first, { id, connect, call }) => {
    const second = await first.replica();
    const [paused, free] = [await connect(), await connect()];
    const pull = (person: Person, cursor = "", on = first) =>
      call(person, "sync/pullProgress", { cursor }, on);
    assert.equal((await pull(paused, "limited")).status, 200);
    for (const replica of [first, second]) {
      assert.equal((await pull(paused, "", replica)).as(Problem).code, "rate_limited");
      assert.equal((await pull(free, "", replica)).status, 200);
    }
    await first.request("POST", `/admin/plugins/${id}/reset`);
    await first.request("PATCH", `/admin/plugins/${id}`, { rateLimitRequestsPerMinute: 1 });
    for (const person of [paused, free]) {
      assert.equal((await pull(person)).status, 200);
      assert.equal((await pull(person, "", second)).status, 429);
    }
  });
});

function limitsOver(db: Executor, elapsed = () => 0): CallLimits {
  return new CallLimits({ db, logger: quietLogger(), elapsed });
}
