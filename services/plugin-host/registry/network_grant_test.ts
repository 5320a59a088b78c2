import assert from "node:assert/strict";
import { join } from "node:path";
import { CreatedPlugin, Plugin, type PluginId, Problem } from "@codex/protocol";
import { requireTool } from "../../../infra/test/tools.ts";
import { TESTDATA } from "../testing/test_host.ts";
import { type TestService, withService } from "../testing/test_service.ts";

const UNRESTRICTED = "Unrestricted network, including this machine: nothing confines it here";

const BY_NAME = "Only example.com; whoever owns a name can lead it into the local network later";

const hasNoSandbox = ["bwrap", "socat", "ip"].some((tool) => requireTool(tool) === "skip");

/** A Node plugin, added by command, that may run unconfined. */
async function addNode(service: TestService): Promise<PluginId> {
  const folder = join(service.plugins, "noded");
  await Deno.mkdir(folder);
  await Deno.copyFile(join(TESTDATA, "node", "plugin.mjs"), join(folder, "plugin.mjs"));
  const added = await service.request("POST", "/admin/plugins", {
    name: "noded",
    displayName: "Noded",
    command: "node",
    args: [join(folder, "plugin.mjs")],
  });
  const { id } = added.as(CreatedPlugin).plugin;
  await service.request("PATCH", `/admin/plugins/${id}`, { allowUnsandboxed: true });
  return id;
}

const patch = (service: TestService, id: PluginId, change: object) =>
  service.request("PATCH", `/admin/plugins/${id}`, change);

Deno.test("hosts are stored and audited as granted, and shown as nothing where nothing confines", async () => {
  await withService(async (service) => {
    const id = await addNode(service);
    const granted = await service.grant("noded", ["api.example", "127.0.0.1:8080"]);
    assert.deepEqual(granted.network, ["api.example", "127.0.0.1:8080"]);
    assert.equal(granted.networkAccess, UNRESTRICTED);
    const line = service.auth.audit.find(({ action }) => action === "plugin.granted");
    assert.deepEqual(Object(line?.detail).network, ["api.example", "127.0.0.1:8080"]);
    const twice = { network: ["other.example", "other.example"] };
    const changed = (await patch(service, id, twice)).as(Plugin);
    assert.deepEqual(changed.network, ["other.example"]);
    assert.deepEqual(Object(service.auth.audit.at(-1)?.detail).network, ["other.example"]);
    assert.deepEqual((await patch(service, id, { network: [] })).as(Plugin).network, []);
  });
});

Deno.test("what a grant comes to is told before it is made", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.plugin("scripted");
    await service.request("POST", `/admin/plugins/${id}/test`);
    const deno = await service.plugin("scripted");
    assert.equal(deno.networkAccess, "No network");
    assert.equal(deno.requestedNetworkAccess, BY_NAME);
    const granted = await service.grant("scripted");
    assert.deepEqual([granted.network, granted.networkAccess], [
      ["example.com"],
      BY_NAME,
    ]);
    // Its next version is a program for Node.
    await Deno.copyFile(
      join(TESTDATA, "node", "plugin.mjs"),
      join(service.plugins, "scripted", "plugin.mjs"),
    );
    await Deno.writeTextFile(
      join(service.plugins, "scripted", "codex-plugin.json"),
      JSON.stringify({ name: "scripted", command: "node", args: ["plugin.mjs"] }),
    );
    await patch(service, id, { allowUnsandboxed: true });
    await service.request("POST", "/admin/plugins/reload");
    const next = await service.plugin("scripted");
    assert.equal(next.networkAccess, BY_NAME);
    assert.equal(next.requestedNetworkAccess, UNRESTRICTED);
  });
});

Deno.test("a host that is none, or a port that is none, is 400 and named by its place", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.plugin("scripted");
    const network = [
      "a.example:65535",
      "[::1]:80",
      "a.example:0",
      "a.example:65536",
      "a b",
      "*:80",
    ];
    const refused = await patch(service, id, { network });
    assert.deepEqual(refused.as(Problem).errors?.map(({ pointer }) => pointer), [
      "/network/2",
      "/network/3",
      "/network/4",
      "/network/5",
    ]);
  });
});

Deno.test("settings can't grant what a changed plugin asks for, but can take away", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    const wider = { permissions: ["metadata:write:title", "metadata:write:summary"] };
    assert.equal((await patch(service, id, wider)).status, 200);
    await service.changeManifest("scripted", { network: ["example.com", "new.example"] });
    await service.request("POST", `/admin/plugins/${id}/test`);
    assert.equal((await service.plugin("scripted")).state, "needs_approval");
    for (
      const change of [{ network: ["new.example"] }, { permissions: ["metadata:write:genres"] }]
    ) {
      const refused = await patch(service, id, change);
      assert.deepEqual([refused.status, refused.as(Problem).code], [409, "manifest_changed"]);
      assert.match(refused.as(Problem).detail, /new\.example/);
    }
    const narrower = await patch(service, id, { network: [], permissions: [] });
    assert.deepEqual([narrower.as(Plugin).network, narrower.as(Plugin).permissions], [[], []]);
    assert.equal((await service.grant("scripted")).network.length, 2);
  });
});

Deno.test({
  name: "in a sandbox a plugin of any runtime has the granted hosts alone, and it is said",
  ignore: hasNoSandbox,
  fn: () =>
    withService(async (service) => {
      await addNode(service);
      const none = await service.grant("noded", []);
      assert.deepEqual([none.isolation.level, none.networkAccess], [3, "No network"]);
      const granted = await service.grant("noded", ["api.example", "127.0.0.1:8080"]);
      assert.deepEqual(granted.network, ["api.example", "127.0.0.1:8080"]);
      assert.equal(granted.networkAccess, "Only api.example, 127.0.0.1:8080, by TCP");
      assert.match(granted.isolation.reason, /reaches the granted hosts alone;/);
    }, { hasSandbox: true }),
});

Deno.test({
  name: "a grant that can't be given here blocks the plugin with what to install",
  ignore: hasNoSandbox,
  fn: () =>
    withService(async (service) => {
      await addNode(service);
      const { id, state, stateReason, networkAccess } = await service.grant("noded", ["*"]);
      const missing = "pasta is not installed (on Debian: apt-get install passt)";
      assert.deepEqual([state, networkAccess], ["blocked", "None while it can't run here"]);
      assert.equal(stateReason, `The network it was granted can't be given here: ${missing}`);
      const ping = await service.request("POST", `/plugins/${id}/execute`, { action: "ping" });
      assert.equal(ping.status, 503);
      // Hosts by name need no pasta.
      const changed = (await patch(service, id, { network: ["api.example"] })).as(Plugin);
      assert.equal(changed.networkAccess, "Only api.example, by TCP");
      assert.equal(changed.state, "stopped");
    }, { hasSandbox: true, programs: { pasta: undefined } }),
});
