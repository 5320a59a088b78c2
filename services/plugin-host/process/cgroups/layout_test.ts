import assert from "node:assert/strict";
import { parseUsage } from "./layout.ts";

Deno.test("usages are read of both versions, and of groups whose files are there", () => {
  const text = [
    "/sys/fs/cgroup/memory/own/codex-plugins.1.2/process-a/memory.oom_control:oom_kill 3",
    "/sys/fs/cgroup/cpuacct/codex-plugins.1.2/process-a/cpuacct.usage:1500000000",
    "/sys/fs/cgroup/app/codex-plugins.1.2/process-b/memory.events:oom_kill 0",
    "/sys/fs/cgroup/app/codex-plugins.1.2/process-b/cpu.stat:usage_usec 250000",
    "/sys/fs/cgroup/app/codex-plugins.1.2/process-b/cpu.stat:nonsense",
    "",
  ].join("\n");
  assert.deepEqual([...parseUsage(text)], [
    ["process-a", { outOfMemory: 3, cpuSeconds: 1.5 }],
    ["process-b", { outOfMemory: 0, cpuSeconds: 0.25 }],
  ]);
});
