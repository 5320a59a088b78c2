/**
 * Version 2 of control groups, against a folder that looks like one: few machines of tests have it
 * delegated.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { runProgram } from "@codex/service/program";
import { findProgram } from "../../installation.ts";
import type { LaunchPlan } from "../launch_plan.ts";
import { type CgroupDetection, describeLimits, detectCgroups } from "./detection.ts";

const HOST_ID = "7.1234";
const PLAN: LaunchPlan = {
  command: "/bin/echo",
  args: ["ran"],
  env: {},
  workingDirectory: "/",
  reads: [],
  fixedReads: [],
  notes: [],
};

interface Delegated {
  /** The group that the host runs in. */
  readonly own: string;
  detect(): Promise<CgroupDetection>;
  read(path: string): Promise<string>;
}

/** `ended`: what the kernel is to tell of the trial. */
async function withDelegation(
  body: (scene: Delegated) => Promise<void>,
  { ended = 1, controllers = "cpuset cpu memory pids" } = {},
): Promise<void> {
  const root = await Deno.makeTempDir();
  const own = join(root, "app.slice", "codex.service");
  const trial = join(own, `codex-plugins.${HOST_ID}`, "trial");
  try {
    await Deno.mkdir(trial, { recursive: true });
    await Deno.writeTextFile(join(root, "cgroup.controllers"), `${controllers}\n`);
    await Deno.writeTextFile(join(own, "cgroup.procs"), "");
    await Deno.writeTextFile(join(own, "cgroup.subtree_control"), "");
    const limits = ["memory.max", "memory.swap.max", "memory.oom.group", "pids.max"];
    for (const file of limits) await Deno.writeTextFile(join(trial, file), "max\n");
    await Deno.writeTextFile(join(trial, "memory.events"), `max 9\noom_kill ${ended}\n`);
    await Deno.writeTextFile(join(trial, "cpu.stat"), "usage_usec 20000\n");
    await body({
      own,
      detect: () =>
        detectCgroups({
          findProgram,
          root,
          isRoot: false,
          probed: {
            hostId: HOST_ID,
            controllers: controllers.split(" "),
            own: "1:name=systemd:/other\n0::/app.slice/codex.service\n",
          },
        }),
      read: async (path) => (await Deno.readTextFile(join(own, path))).trim(),
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("a delegated group hands its controllers down, and a plugin enters one below", async () => {
  await withDelegation(async ({ own, detect, read }) => {
    // What the trial leaves is a folder of real files, which no kernel takes away here.
    const detection = await detect();
    assert.ok(detection.available, JSON.stringify(detection));
    assert.match(describeLimits(detection), /^the kernel holds memory .* \(cgroups version 2\)$/);
    const host = `codex-plugins.${HOST_ID}`;
    for (const group of [".", host]) {
      assert.equal(await read(`${group}/cgroup.subtree_control`), "+memory +pids");
    }
    const group = detection.cgroups.group("trial", { memoryBytes: 4096, tasks: 5 });
    const { command, args } = group.entered(PLAN);
    const { stdout } = await runProgram({ command, args, timeoutMs: 10_000 });
    assert.equal(stdout, "ran\n");
    const values = ["memory.max", "memory.swap.max", "memory.oom.group", "pids.max"]
      .map((file) => read(`${host}/trial/${file}`));
    assert.deepEqual(await Promise.all(values), ["4096", "0", "1", "5"]);
    assert.equal(await read(`${host}/trial/cgroup.procs`), "0");
    assert.match(await group.failure() ?? "", /took more memory than its limit/);
    await Deno.remove(join(own, host), { recursive: true });
  });
});

Deno.test("what doesn't hold in the trial is not used, with the reason", async () => {
  await withDelegation(async ({ detect }) => {
    const detection = await detect();
    assert.equal(detection.available, false);
    assert.match(
      describeLimits(detection),
      /can't be used: a group that took more memory than its limit went on$/,
    );
  }, { ended: 0 });
  await withDelegation(async ({ own, detect }) => {
    await Deno.remove(join(own, "cgroup.subtree_control"));
    const detection = await detect();
    assert.match(describeLimits(detection), /codex\.service was not delegated to this user$/);
  });
  await withDelegation(async ({ detect }) => {
    // Neither version is there.
    assert.match(describeLimits(await detect()), /can't be used: there is no .*\/memory$/);
  }, { controllers: "cpuset" });
});
