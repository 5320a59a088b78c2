/** An administrator whose plugins do harm starts with all of them off, and has them back as they were. */
import assert from "node:assert/strict";
import { ExecuteAnswer, PluginActions, PluginList, Problem } from "@codex/protocol";
import { type Platform, removeDataDir, startPlatform } from "../harness/platform.ts";
import { grantPlugin, setUpAdmin } from "../harness/scenario.ts";

const SEARCH = {
  action: { metadata: { action: "search", contentType: "series", params: { query: "x" } } },
};

Deno.test("in safe mode every plugin is off, and the next start has them back as granted", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "codex-e2e-" });
  try {
    const first = await startPlatform({ dataDir });
    await setUpAdmin(first);
    const { id } = await grantPlugin(first, "metadata-echo");
    const { token } = first.api;
    const start = async (env: Record<string, string> = {}): Promise<Platform> => {
      const platform = await startPlatform({ dataDir, env });
      platform.api.token = token;
      return platform;
    };
    const search = ({ api }: Platform) => api.call("POST", `/plugins/${id}/execute`, SEARCH);
    assert.equal((await search(first)).status, 200);
    await first.stop();

    const safe = await start({ CODEX_PLUGINS_SAFE_MODE: "true" });
    const { plugins } = await safe.api.expect(PluginList, "GET", "/admin/plugins");
    assert.ok(plugins.length > 1);
    for (const { name, state, stateReason } of plugins) {
      assert.equal(state, "disabled", name);
      assert.match(stateReason ?? "", /CODEX_PLUGINS_SAFE_MODE/);
    }
    const refused = await search(safe);
    assert.deepEqual([refused.status, Problem.parse(refused.body).code], [503, "plugin_off"]);
    const { actions } = await safe.api.expect(
      PluginActions,
      "GET",
      "/plugins/actions?scope=series:detail",
    );
    assert.deepEqual(actions, []);
    await safe.stop();

    const last = await start();
    assert.equal(ExecuteAnswer.parse((await search(last)).body).success, true);
    await last.stop();
  } finally {
    await removeDataDir(dataDir);
  }
});
