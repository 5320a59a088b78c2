import { deepEqual as equal, match, rejects } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runProgram } from "@codex/service/program";
import { findInherited, withoutInherited } from "./inherited.ts";

const CHILD = fileURLToPath(new URL("../../testdata/descriptors/spawn.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

/** Open in the child, in this order: those of this test's own process aside. */
async function openIn(redirections: string, way: "plain" | "closed"): Promise<string[]> {
  const { stdout, stderr } = await runProgram({
    command: "/bin/bash",
    args: [
      "-c",
      `exec ${redirections}; exec "$@"`,
      "bash",
      Deno.execPath(),
      ...["run", "-A", "-q", "--no-prompt", "--no-check", CHILD, way],
    ],
    cwd: ROOT,
    env: { HOME: Deno.env.get("HOME") ?? "/", PATH: "/usr/bin:/bin", NO_COLOR: "1" },
    timeoutMs: 120_000,
  });
  equal(stderr, "");
  return stdout.trim().split("\n");
}

Deno.test("what started the host leaves no open file to a plugin", async () => {
  const redirections = "7</etc 77</etc 123>/dev/null";
  const left = await openIn(redirections, "plain");
  for (const descriptor of ["7 /etc", "77 /etc", "123 /dev/null"]) {
    equal(left.includes(descriptor), true, descriptor);
  }
  const closed = await openIn(redirections, "closed");
  equal(closed.map((line) => line.split(" ")[0]), ["0", "1", "2", "environment:HOME"]);
});

Deno.test("without a shell that closes them, it is told what to do", async () => {
  const listing = (...lines: string[]) => async (name: string) => {
    if (name !== "sh") return undefined;
    const path = await Deno.makeTempFile({ prefix: "codex-sh-" });
    await Deno.writeTextFile(path, `#!/bin/sh\nrm -f "$0"\nprintf '%s\\n' ${lines.join(" ")}\n`);
    await Deno.chmod(path, 0o755);
    return path;
  };
  await rejects(findInherited(listing("0", "1", "2", "10")), /left open files .* 10, .*bash/);
  equal((await findInherited(listing("0", "1", "2", "9")))?.descriptors, [9]);
  equal(await findInherited(listing("0", "1", "2")), undefined);
  equal(await findInherited(listing("'*'")), undefined);
  equal(await findInherited(() => Promise.resolve(undefined)), undefined);
});

Deno.test("a plan stays as it is where nothing is inherited", () => {
  const plan = {
    command: "/bin/a",
    args: ["b"],
    env: {},
    workingDirectory: "/",
    reads: [],
    fixedReads: [],
    notes: [],
  };
  equal(withoutInherited(plan, undefined), plan);
  const closing = withoutInherited(plan, { descriptors: [9, 10], shellPath: "/bin/bash" });
  match(closing.args[1] ?? "", /^exec 9>&- 10>&-\n/);
  equal(closing.args.slice(-2), ["/bin/a", "b"]);
});
