import assert from "node:assert/strict";
import { PluginCallAnswer } from "@codex/protocol";
import { listWithdrawn, sweepWithdrawn } from "../db/withdrawal_queries.ts";
import { type Person, withConnectedPlugin } from "../testing/connected_plugin.ts";
import type { TestService } from "../testing/test_service.ts";

const MEMORY_SECONDS = 600;

function withdraw(service: TestService, { connectionId }: Person, revision: number) {
  return service.request("POST", `/internal/connections/${connectionId}/withdraw`, { revision }, {
    service: "auth",
    subject: null,
  });
}

Deno.test("turning a connection off ends its processes on every replica, and its ticket starts none", async () => {
  await withConnectedPlugin(async (first, { connect, call }) => {
    const second = await first.replica();
    const [off, stays] = [await connect(), await connect()];
    const replicas = [first, second];
    for (const on of replicas) {
      for (const person of [off, stays]) await call(person, "sync/pullProgress", {}, on);
    }
    const live = () => replicas.map(({ deps }) => deps.runtime.liveCount);
    assert.deepEqual(live(), [2, 2]);
    // As auth does, which gives out nothing for a connection that is off.
    first.auth.connections.delete(off.ticket);
    assert.equal((await withdraw(first, off, 1)).status, 200);
    assert.deepEqual(live(), [1, 2]);
    await second.runTasks();
    assert.deepEqual(live(), [1, 1]);
    for (const on of replicas) {
      assert.equal((await call(off, "sync/pullProgress", {}, on)).status, 401);
      const answer = (await call(stays, "sync/pullProgress", {}, on)).as(PluginCallAnswer);
      assert.ok(answer.ok);
    }
    assert.deepEqual(live(), [1, 1]);
  });
});

Deno.test("a process of a connection that was turned on again stays, however late the withdrawal comes", async () => {
  await withConnectedPlugin(async (service, { id, connect, call }) => {
    const before = await connect();
    const { userId, connectionId } = before;
    const ids = { userId, connectionId, pluginId: id };
    const after = { ...before, ticket: await service.ticket({ ...ids, revision: 2 }) };
    service.auth.connect(after.ticket, ids, {});
    await call(after, "sync/pullProgress");
    assert.equal((await withdraw(service, before, 2)).status, 200);
    assert.equal((await withdraw(service, before, 1)).status, 200);
    await service.runTasks();
    assert.equal(service.deps.runtime.liveCount, 1);
    assert.deepEqual([...(await listWithdrawn(service.deps.db)).values()], [2]);
    await sweepWithdrawn(service.deps.db, MEMORY_SECONDS);
    assert.equal((await listWithdrawn(service.deps.db)).size, 1);
    await sweepWithdrawn(service.deps.db, 0);
    assert.equal((await listWithdrawn(service.deps.db)).size, 0);
    assert.equal((await withdraw(service, before, 3)).status, 200);
    assert.equal(service.deps.runtime.liveCount, 0);
  });
});
