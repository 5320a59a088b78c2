/** Kernel users as plugins have them, with real sandboxes. */
import assert from "node:assert/strict";
import { requireTool } from "../../../../infra/test/tools.ts";
import { withSandboxedHost } from "../../testing/test_host.ts";
import { listPrograms, ProcessTable } from "../process_table.ts";
import type { PluginProcess } from "../plugin_process.ts";

/** All users that processes of a plugin run as. */
async function usersOf({ pid }: PluginProcess): Promise<string[]> {
  const pids = new ProcessTable(await listPrograms()).family(pid).map((row) => row.pid);
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "uid=,gid=", "-p", pids.join()],
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return [...new Set(lines.map((line) => line.trim().replace(/\s+/, ":")))];
}

Deno.test({
  name: "plugins and connections of a host that is root share no kernel user",
  ignore: Deno.uid() !== 0 || requireTool("bwrap") === "skip",
  fn: () =>
    withSandboxedHost(async (host) => {
      const seen: string[] = [];
      for (const dataPath of [["one", "system"], ["one", "users", "u", "c"], ["two", "system"]]) {
        const process = await host.start(host.sandboxed({ ...host.node(), dataPath }));
        const users = await usersOf(process);
        const { uid } = await Deno.lstat(process.dataFolder);
        assert.deepEqual(users, [`${uid}:${uid}`]);
        seen.push(...users);
        // Inside, everyone is the same.
        assert.deepEqual(await process.call("shell", { command: "id -u" }), { output: "65533\n" });
      }
      assert.equal(new Set(seen).size, 3, seen.join());
      assert.ok(seen.every((user) => Number(user.split(":")[0]) >= 2_100_000_000), seen.join());
    }),
});

Deno.test({
  name: "a folder of the user that all plugins once shared is handed over empty",
  ignore: Deno.uid() !== 0 || requireTool("bwrap") === "skip",
  fn: () =>
    withSandboxedHost(async (host) => {
      const request = host.sandboxed(host.node());
      const first = await host.start(request);
      const { dataFolder } = first;
      await first.kill("The test goes on");
      await Deno.writeTextFile(`${dataFolder}/old`, "of another user");
      await Deno.chown(dataFolder, 65_533, 65_533);
      await host.start(request);
      assert.ok((await Deno.lstat(dataFolder)).uid! >= 2_100_000_000);
      await assert.rejects(Deno.lstat(`${dataFolder}/old`), Deno.errors.NotFound);
    }),
});
