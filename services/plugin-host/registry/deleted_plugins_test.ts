import assert from "node:assert/strict";
import { type PluginId, PluginMetrics } from "@codex/protocol";
import { type TestService, withService } from "../testing/test_service.ts";

const measured = async ({ request }: TestService) =>
  (await request("GET", "/metrics/plugins")).as(PluginMetrics).plugins.map(({ pluginId }) =>
    pluginId
  );

const hasLogs = ({ deps }: TestService, id: PluginId) => deps.runtime.logsOf(id).lines.length > 0;

Deno.test("nothing of a deleted plugin is left on any replica, and all of the others is", async () => {
  await withService(async (first) => {
    for (const name of ["deleted", "kept"]) await first.install(name);
    await first.request("POST", "/admin/plugins/reload");
    const { id: deleted } = await first.grant("deleted", []);
    const { id: kept } = await first.grant("kept", []);
    const second = await first.replica();
    for (const replica of [first, second]) {
      for (const id of [deleted, kept]) {
        assert.equal((await replica.search(id, "x")).status, 200);
        await replica.logged(id, "initialized");
      }
    }
    await first.request("DELETE", `/admin/plugins/${deleted}`);
    assert.deepEqual(await measured(first), [kept]);
    assert.equal((await measured(second)).length, 2);
    await second.runTasks();
    assert.deepEqual(await measured(second), [kept]);
    for (const replica of [first, second]) {
      assert.ok(!hasLogs(replica, deleted));
      assert.ok(hasLogs(replica, kept));
      assert.deepEqual(new Set(await replica.deps.runtime.remembered()), new Set([kept]));
      assert.equal((await replica.search(kept, "x")).status, 200);
    }
  });
});
