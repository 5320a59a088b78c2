import assert from "node:assert/strict";
import { join } from "node:path";
import { requireDevice, requireTool } from "../../../../infra/test/tools.ts";
import { detectTestSandbox } from "../../testing/test_host.ts";

const ignore = ["bwrap", "socat", "ip", "pasta"].some((tool) => requireTool(tool) === "skip") ||
  await requireDevice("/dev/net/tun") !== "present";

Deno.test({
  name:
    "every host is refused where policies of IPsec have no effect, and the hosts by name are not",
  ignore,
  fn: async () => {
    const root = await Deno.realPath(await Deno.makeTempDir());
    await Deno.chmod(root, 0o755);
    try {
      // Passes everything on but the policies.
      const ip = join(root, "ip");
      await Deno.writeTextFile(ip, '#!/bin/sh\ngrep -v "^xfrm" | exec /usr/bin/env ip "$@"\n');
      await Deno.chmod(ip, 0o755);
      const { sandbox: { network } } = await detectTestSandbox(root, { programs: { ip } });
      assert.ok(network.hosts.available);
      assert.ok(!network.everyHost.available);
      assert.match(network.everyHost.reason, /policies of IPsec \(ip xfrm\) have no effect/);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});
