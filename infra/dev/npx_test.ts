import assert from "node:assert/strict";
import { join } from "node:path";
import { isAlive } from "../processes.ts";
import { requireTool } from "../test/tools.ts";
import { layGround, startPlatform } from "./testing/platform.ts";

Deno.test({
  name: "the platform ends in order when the npx that started it is gone",
  ignore: requireTool("ps") === "skip",
  fn: async () => {
    await using ground = await layGround();
    // Like npx it starts a command, and like npx it doesn't pass a signal on.
    const npx = join(ground.tree, "npx");
    await Deno.writeTextFile(npx, '"$@"\nexit 0\n');
    const environment = { npm_command: "exec" };
    await using platform = startPlatform(ground, environment, [], ["/bin/sh", npx]);
    await platform.until(/^Codex is ready/);
    const lockFile = join(ground.dataDir, "postgres", "cluster", "postmaster.pid");
    const database = Number((await Deno.readTextFile(lockFile)).split("\n")[0]);
    platform.kill("SIGKILL");
    await platform.status;
    assert.equal(platform.stdout.filter((line) => /Stopped/.test(line)).length, 6);
    assert.ok(!isAlive(database));
  },
});
