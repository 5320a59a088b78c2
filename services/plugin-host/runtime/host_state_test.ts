/** A fault of the machine is the machine's: real sandboxes whose bubblewrap goes and comes back. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PluginList, PluginTestAnswer } from "@codex/protocol";
import { quietLogger } from "@codex/service";
import { requireTool } from "../../../infra/test/tools.ts";
import { findProgram } from "../installation.ts";
import { TransportError } from "../rpc/errors.ts";
import { withService } from "../testing/test_service.ts";
import { checkDisk } from "./host_checks.ts";
import { HostState } from "./host_state.ts";

Deno.test({
  name: "a bubblewrap that is gone counts against no plugin, is told once, and clears by itself",
  ignore: requireTool("bwrap") === "skip",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    await Deno.chmod(folder, 0o755);
    const [bwrap, away] = [join(folder, "bwrap"), join(folder, "away")];
    const installed = await findProgram("bwrap");
    assert.ok(installed);
    await Deno.copyFile(installed, bwrap);
    await withService(async (service) => {
      await service.install("scripted");
      await service.deps.folders.discover();
      const { id } = await service.grant("scripted");
      await Deno.rename(bwrap, away);
      for (let tries = 0; tries < 4; tries++) {
        const { status, headers, body } = await service.search(id, "anything");
        assert.equal(status, 503);
        assert.equal(headers.get("retry-after"), "5");
        assert.match(JSON.stringify(body), /The sandbox has stopped working: .*bubblewrap/);
      }
      const test = await service.request("POST", `/admin/plugins/${id}/test`);
      const { success, message } = test.as(PluginTestAnswer);
      assert.equal(success, false);
      assert.match(message, /No plugin can be started now: The sandbox has stopped working/);
      const list = (await service.request("GET", "/admin/plugins")).as(PluginList);
      assert.match(list.hostFault?.reason ?? "", /apt-get install bubblewrap/);
      const plugin = await service.plugin("scripted");
      assert.equal(plugin.failureCount, 0);
      assert.equal(plugin.enabled, true);
      assert.notEqual(plugin.healthStatus, "unhealthy");

      await Deno.rename(away, bwrap);
      await service.runTasks();
      const { body, status } = await service.search(id, "anything");
      assert.equal(status, 200, JSON.stringify(body));
      const after = (await service.request("GET", "/admin/plugins")).as(PluginList);
      assert.equal(after.hostFault, null);
    }, { hasSandbox: true, programs: { bwrap } });
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name:
    "a network that stops working is the host's fault for the plugins that were granted it alone",
  ignore: ["bwrap", "socat", "ip"].some((tool) => requireTool(tool) === "skip"),
  fn: async () => {
    const folder = await Deno.makeTempDir();
    await Deno.chmod(folder, 0o755);
    const [ip, away] = [join(folder, "ip"), join(folder, "away")];
    const installed = await findProgram("ip");
    assert.ok(installed);
    await Deno.copyFile(installed, ip);
    await withService(async (service) => {
      await service.install("networked", { network: ["10.9.8.7:80"] });
      await service.install("plain");
      await service.deps.folders.discover();
      const { id } = await service.grant("networked", ["10.9.8.7:80"]);
      const plain = await service.grant("plain", []);
      await Deno.rename(ip, away);
      for (let tries = 0; tries < 4; tries++) {
        const { status, body } = await service.search(id, "anything");
        assert.equal(status, 503);
        assert.match(
          JSON.stringify(body),
          /No plugin with granted hosts .*The network of sandboxes has stopped working/,
        );
      }
      assert.equal((await service.search(plain.id, "anything")).status, 200);
      const list = (await service.request("GET", "/admin/plugins")).as(PluginList);
      assert.match(list.hostFault?.reason ?? "", /apt-get install socat iproute2/);
      const plugin = await service.plugin("networked");
      assert.deepEqual([plugin.failureCount, plugin.enabled], [0, true]);

      await Deno.rename(away, ip);
      await service.runTasks();
      const { body, status } = await service.search(id, "anything");
      assert.equal(status, 200, JSON.stringify(body));
      const after = (await service.request("GET", "/admin/plugins")).as(PluginList);
      assert.equal(after.hostFault, null);
    }, { hasSandbox: true, programs: { ip } });
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test("a disk with little space left is the host's fault, with what to do", async () => {
  const folder = await Deno.makeTempDir();
  const left = (freeBytes: number) => () =>
    Promise.resolve({ freeBytes, totalBytes: 100 * 1024 ** 3 });
  const reason = await checkDisk(folder, left(300 * 1024 ** 2));
  assert.match(reason ?? "", /has 300 MiB left, .*: free some space on it$/);
  assert.equal(await checkDisk(folder, left(2 * 1024 ** 3)), undefined);
  await Deno.remove(folder);
});

Deno.test("a folder of data that can't be written is the host's fault, with what to do", async () => {
  const file = await Deno.makeTempFile();
  // A folder can't be made below a file, not even by root.
  assert.match(await checkDisk(join(file, "data")) ?? "", /can't be written: .*free some space/);
  await Deno.remove(file);
});

Deno.test("an error is the plugin's while the host finds nothing wrong with itself", async () => {
  const reasons: (string | undefined)[] = [undefined, "the disk is full", "the disk is full"];
  const host = new HostState({
    checks: [() => Promise.resolve(reasons.shift())],
    logger: quietLogger(),
    now: () => 0,
  });
  const crash = new TransportError("crashed", "The plugin process exited with code 1");
  assert.equal(await host.blame(crash), crash);
  assert.match(String(await host.blame(crash)), /the disk is full/);
  assert.throws(() => host.refuseFaulty(), /the disk is full/);
  await host.lookAgain();
  assert.deepEqual(host.fault, { reason: "the disk is full", since: "1970-01-01T00:00:00.000Z" });
  await host.lookAgain();
  assert.equal(host.fault, undefined);
  host.refuseFaulty();
});
