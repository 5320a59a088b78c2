import assert from "node:assert/strict";
import { join } from "node:path";
import { requireTool } from "../../../../infra/test/tools.ts";
import { detectTestSandbox, withTestHost } from "../../testing/test_host.ts";
import { waitUntil } from "../../testing/wait_until.ts";
import { listProcesses } from "../process_table.ts";

const ignore = requireTool("bwrap") === "skip";

/**
 * What pasta does where `/dev/net/tun` can't be opened: it ends with an error at once, and leaves
 * a child behind that holds the output pipes.
 */
const STUB_PASTA = `#!/bin/sh
sleep 600 &
echo $! > "$(dirname "$0")/child"
echo "Failed to open tun socket in namespace" >&2
exit 1
`;

Deno.test({
  name: "a pasta that ends and leaves a child with the pipes neither holds the start up nor stays",
  ignore,
  fn: () =>
    withTestHost(async ({ root }) => {
      const folder = join(root, "stub");
      await Deno.mkdir(folder);
      await Deno.chmod(folder, 0o777);
      const pasta = join(folder, "pasta");
      await Deno.writeTextFile(pasta, STUB_PASTA);
      await Deno.chmod(pasta, 0o755);
      const detection = await detectTestSandbox(root, { pasta });
      assert.equal(detection.sandbox.ownNetwork, undefined);
      assert.match(detection.findings, /pasta does not work here: Failed to open tun/);
      const child = Number(await Deno.readTextFile(join(folder, "child")));
      assert.ok(child > 0);
      await waitUntil(
        async () => !(await listProcesses()).some(({ pid }) => pid === child),
        "the child of pasta is gone",
      );
    }),
});
