/** What the administrator and the reader see of plugins over time: health, limits, the ledger, storage. */
import assert from "node:assert/strict";
import {
  AdminEgressPage,
  AuditPage,
  EgressPage,
  ExecuteAnswer,
  Plugin,
  PluginFailures,
  PluginHealth,
  PluginMetrics,
  PluginStorageUse,
} from "@codex/protocol";
import { startPlatform } from "../harness/platform.ts";
import { grantPlugin, setUpAdmin } from "../harness/scenario.ts";
import { actAsSync, chooseServicePorts } from "../harness/service_peer.ts";
import { connectStorageProbe } from "../harness/storage_probe.ts";

const SEARCH = {
  action: { metadata: { action: "search", contentType: "series", params: { query: "x" } } },
};

Deno.test("plugins are watched: health, limits, ledger and storage through the public API", async (t) => {
  const ports = chooseServicePorts();
  await using platform = await startPlatform({
    env: { ...ports.env, CODEX_PLUGIN_FAILURE_THRESHOLD: "2" },
  });
  await setUpAdmin(platform);
  const { api } = platform;
  const { id } = await grantPlugin(platform, "metadata-echo");
  const admin = `/admin/plugins/${id}`;
  const search = () => api.call("POST", `/plugins/${id}/execute`, SEARCH);
  const settings = (change: object) => api.expect(Plugin, "PATCH", admin, change);

  await t.step(
    "a plugin that keeps failing is turned off and the audit log says why, once",
    async () => {
      await settings({ config: { failWith: "internal" } });
      for (let fault = 0; fault < 2; fault++) {
        const answer = ExecuteAnswer.parse((await search()).body);
        assert.equal(answer.error?.code, -32603);
      }
      assert.equal((await search()).status, 503);
      const health = await api.expect(PluginHealth, "GET", `${admin}/health`);
      assert.equal(health.healthStatus, "disabled");
      const failures = await api.expect(PluginFailures, "GET", `${admin}/failures`);
      assert.deepEqual([failures.threshold, failures.total], [2, 2]);
      const lines = await until(
        async () => (await api.expect(AuditPage, "GET", "/admin/audit")).items,
        (items) => items.some(({ action }) => action === "plugin.disabled"),
      );
      const told = lines.filter(({ action }) => action === "plugin.disabled");
      assert.deepEqual(told.map(({ source, target }) => [source, target]), [["plugin-host", id]]);
      assert.equal(told[0]?.detail["reason"], health.disabledReason);
      await settings({ config: {} });
      await api.expect(Plugin, "POST", `${admin}/reset`);
      assert.equal((await search()).status, 200);
    },
  );

  await t.step("calls beyond the limit are 429 and say when to try again", async () => {
    await settings({ rateLimitRequestsPerMinute: 1 });
    assert.equal((await search()).status, 200);
    const refused = await search();
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
    await settings({ rateLimitRequestsPerMinute: null });
  });

  await t.step("requests and failures are counted per method", async () => {
    const { plugins } = await api.expect(PluginMetrics, "GET", "/metrics/plugins");
    const echo = plugins.find(({ pluginId }) => pluginId === id);
    const searches = echo?.methods.find(({ method }) => method === "metadata/series/search");
    assert.deepEqual([searches?.requests, searches?.failures], [4, 2]);
  });

  await t.step("the reader sees what of theirs left, within a second or so", async () => {
    const { items } = await until(
      () => api.expect(EgressPage, "GET", `/user/plugins/${id}/egress`),
      (page) => page.items.length === 4,
    );
    assert.deepEqual(items[0]?.fields, ["query"]);
    const all = await api.expect(AdminEgressPage, "GET", `${admin}/egress?limit=200`);
    assert.ok(all.items.some(({ method }) => method === "initialize"));
  });

  await t.step(
    "the administrator sees keys and bytes, the reader's ledger goes on disconnect",
    async () => {
      const probe = await connectStorageProbe(platform, await actAsSync(platform, ports));
      await probe.run({ do: "set", key: "a", value: "12345" });
      await probe.run({ do: "set", key: "b", value: "1234567" });
      const path = `/admin/plugins/${probe.pluginId}`;
      const use = await api.expect(PluginStorageUse, "GET", `${path}/storage`);
      assert.deepEqual([use.totalKeys, use.totalBytes, use.connections.length], [2, 16, 1]);
      const ledger = () => api.expect(AdminEgressPage, "GET", `${path}/egress`);
      const ofConnection = ({ items }: Awaited<ReturnType<typeof ledger>>) =>
        items.filter(({ connectionId }) => connectionId !== undefined);
      await until(ledger, (page) => ofConnection(page).length > 0);
      await api.call("DELETE", `/user/plugins/${probe.pluginId}`);
      await until(ledger, (page) => ofConnection(page).length === 0);
      const left = await until(
        () => api.expect(PluginStorageUse, "GET", `${path}/storage`),
        ({ totalKeys }) => totalKeys === 0,
      );
      assert.deepEqual(left.connections, []);
    },
  );
});

async function until<Result>(
  ask: () => Promise<Result>,
  isIt: (result: Result) => boolean,
): Promise<Result> {
  const end = performance.now() + 60_000;
  for (;;) {
    const result = await ask();
    if (isIt(result)) return result;
    assert.ok(performance.now() < end, `It did not happen: ${JSON.stringify(result)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
