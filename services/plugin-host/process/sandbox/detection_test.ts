import assert from "node:assert/strict";
import { join } from "node:path";
import { requireTool } from "../../../../infra/test/tools.ts";
import { detectTestSandbox, withTestHost } from "../../testing/test_host.ts";
import { waitUntil } from "../../testing/wait_until.ts";
import { listProcesses } from "../process_table.ts";

const ignore = ["bwrap", "socat", "ip"].some((tool) => requireTool(tool) === "skip");

/**
 * What pasta does where `/dev/net/tun` can't be opened: it ends with an error at once, and leaves
 * a child behind that holds the output pipes.
 */
const STUB_PASTA = `#!/bin/sh
sleep 600 &
echo $! > "$(dirname "$0")/child"
echo "Failed to send 45 bytes to syslog" >&2
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
      const detection = await detectTestSandbox(root, { programs: { pasta } });
      const { everyHost } = detection.sandbox.network;
      assert.ok(!everyHost.available);
      assert.match(
        everyHost.reason,
        /^pasta does not work here: Failed to open tun socket in namespace \(.*chmod 0666/,
      );
      assert.ok(detection.findings.includes(everyHost.reason));
      const child = Number(await Deno.readTextFile(join(folder, "child")));
      assert.ok(child > 0);
      await waitUntil(
        async () => !(await listProcesses()).some(({ pid }) => pid === child),
        "the child of pasta is gone",
      );
    }),
});

Deno.test({
  name: "without a program that forwarders need no host is given, and what to install is said",
  ignore,
  fn: () =>
    withTestHost(async ({ root }) => {
      for (const [program, debianPackage] of [["socat", "socat"], ["ip", "iproute2"]]) {
        const programs = { [program!]: undefined };
        const { sandbox, findings } = await detectTestSandbox(root, { programs });
        const { hosts, everyHost } = sandbox.network;
        const reason = `${program} is not installed (on Debian: apt-get install ${debianPackage})`;
        assert.deepEqual(hosts, { available: false, reason });
        assert.deepEqual(everyHost, { available: false, reason });
        assert.ok(findings.endsWith(`without network: ${reason}`));
      }
    }),
});

Deno.test({
  name: "a forwarder that does nothing fails the trial, and no host is given",
  ignore,
  fn: () =>
    withTestHost(async ({ root }) => {
      const { sandbox } = await detectTestSandbox(root, { programs: { ip: "/bin/false" } });
      const { hosts } = sandbox.network;
      assert.ok(!hosts.available);
      assert.match(hosts.reason, /^hosts can't be forwarded to here: /);
    }),
});
