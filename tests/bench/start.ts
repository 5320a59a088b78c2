/** Start to ready, cold and warm, and the resident memory of each idle service. */
import { SERVICE_NAMES } from "@codex/protocol";
import { descendantsOf } from "../harness/processes.ts";
import { removeDataDir, startPlatform } from "../harness/platform.ts";
import { type BareProcess, startBare } from "./bare_chain.ts";
import type { Report } from "./report.ts";

const WARM_AIM_MS = 5000;
const MEMORY_AIM_MB = 90;
/** A service that was just started still holds what starting took. */
const IDLE_MS = 5000;

export async function startBench(report: Report): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "codex-bench-" });
  try {
    const floor = await startSixBare();
    const cold = await startPlatform({ dataDir });
    report({ name: "start.cold", value: cold.startedInMs, unit: "ms", floor: floor.startMs });
    await cold.stop();

    const warm = await startPlatform({ dataDir });
    const value = warm.startedInMs;
    report({
      name: "start.warm",
      value,
      unit: "ms",
      floor: floor.startMs,
      ratio: value / floor.startMs,
      aim: `≤ ${WARM_AIM_MS} ms`,
      holds: value <= WARM_AIM_MS,
    });
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const rows = await warm.processes();
    for (const service of SERVICE_NAMES) {
      const row = rows.find(({ args }) => args.includes(`services/${service}/main.ts`));
      if (row === undefined) throw new Error(`Service "${service}" does not run`);
      const megabytes = row.residentKib / 1024;
      report({
        name: `memory.${service}`,
        value: megabytes,
        unit: "MB",
        floor: floor.memoryMb,
        ratio: megabytes / floor.memoryMb,
        aim: `≤ ${MEMORY_AIM_MB} MB`,
        holds: megabytes <= MEMORY_AIM_MB,
      });
    }
    await warm.stop();
  } finally {
    await removeDataDir(dataDir);
  }
}

/** Six plain Hono processes at once: what any six services cost to start, and what one holds. */
async function startSixBare(): Promise<{ startMs: number; memoryMb: number }> {
  const startedAt = performance.now();
  const processes: BareProcess[] = await Promise.all(
    SERVICE_NAMES.map(() => startBare("bare_hop.ts", ["http://127.0.0.1:1"])),
  );
  const startMs = performance.now() - startedAt;
  const rows = await descendantsOf(Deno.pid);
  const row = rows.find(({ pid }) => pid === processes[0]?.pid);
  for (const process of processes) await process[Symbol.asyncDispose]();
  return { startMs, memoryMb: (row?.residentKib ?? Number.NaN) / 1024 };
}
