/**
 * From spawn to the answer of `initialize`, through plugin-host's own starter against the bare runtime, and what 200 live
 * plugins cost the host.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findInstallation } from "../../services/plugin-host/installation.ts";
import { type Launcher, plainLauncher } from "../../services/plugin-host/process/launch_plan.ts";
import { ProcessRecords } from "../../services/plugin-host/process/process_records.ts";
import { startTimesByPs } from "../../services/plugin-host/process/process_records.ts";
import {
  listPageTables,
  listProcesses,
  listShares,
} from "../../services/plugin-host/process/process_table.ts";
import { sandboxLauncher } from "../../services/plugin-host/process/sandbox/bubblewrap.ts";
import { Starter, type StartRequest } from "../../services/plugin-host/process/starter.ts";
import {
  PLUGIN_UIDS_DEFAULT,
  UidRangeText,
} from "../../services/plugin-host/process/users/uid_range.ts";
import { Watchdog } from "../../services/plugin-host/process/watchdog.ts";
import { removeDataDir } from "../harness/platform.ts";
import { quantile, type Report } from "./report.ts";

const STARTS = 30;
const ALIVE = 200;
const LOOKS = 20;
const SETTLING_MS = 60;
const MB = 1024 * 1024;
/** Ways to start a plugin, and how many milliseconds more than the bare runtime each may take. */
const WAYS = [
  { name: "level2", level: 2, network: [], aimMs: 25 },
  { name: "level3", level: 3, network: [], aimMs: 40 },
  {
    name: "level3_hosts",
    level: 3,
    network: ["a.example", "b.example:8080", "127.0.0.1:8091"],
    aimMs: 60,
  },
] as const;
const MEMORY_AIM_MB = 1;
const WATCHDOG_AIM_PERCENT = 2;

/** A plugin of the least memory: it answers `initialize` and waits. */
const SMALL_PLUGIN =
  `read line; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; while read line; do :; done`;

export async function pluginStartBench(report: Report): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "codex-bench-" });
  try {
    const bench = await prepare(dataDir);
    await startTimes(bench, report);
    await manyAlive(bench, report);
    await bench.starter.close();
    await bench.installation.broker.close();
  } finally {
    await removeDataDir(dataDir);
  }
}

type Bench = Awaited<ReturnType<typeof prepare>>;

async function prepare(dataDir: string) {
  const installation = await findInstallation({
    dataDir,
    pluginsDir: join(dataDir, "plugins"),
    allowedCommands: [],
    sandboxMode: "auto",
    pluginUids: UidRangeText.parse(PLUGIN_UIDS_DEFAULT),
  });
  const { sandbox: detection, denoRuntime, processFolder } = installation;
  const cgroups = installation.cgroups.available ? installation.cgroups.cgroups : undefined;
  if (!detection.available) throw new Error(detection.reason);
  const starter = new Starter({
    ...installation,
    records: new ProcessRecords(processFolder, startTimesByPs, Deno.pid),
    cgroups,
  });
  const request = (
    launcher: Launcher,
    target: StartRequest["target"],
    pluginFolder: string | null,
  ): StartRequest => ({
    launcher,
    target,
    pluginFolder,
    workingDirectory: null,
    environment: {},
    network: [],
    dataPath: ["bench", crypto.randomUUID()],
    initializeParams: {},
    timeoutMs: 30_000,
    memoryBytesMax: 1024 * MB,
    onRequest: () => Promise.resolve(null),
    onFault: () => {},
    onLogLine: () => {},
  });
  return { installation, cgroups, denoRuntime, starter, sandbox: detection.sandbox, request };
}

async function startTimes(bench: Bench, report: Report): Promise<void> {
  const { denoRuntime, starter, sandbox, request } = bench;
  const folder = fileURLToPath(new URL("../../plugins/metadata-echo", import.meta.url));
  const target = { runtime: "deno", entry: join(folder, "main.ts"), folder, args: [] } as const;
  const plain = plainLauncher(2, denoRuntime);
  const launchers: Record<number, Launcher> = { 2: plain, 3: sandboxLauncher(plain, sandbox) };
  // As after the first start of a plugin; the cache of the bare runtime is warm, too.
  await launchers[3]?.prepare?.(target, new AbortController().signal);
  const bare: number[] = [];
  const through = WAYS.map((way) => ({ ...way, times: [] as number[] }));
  // In turn, so that whatever else the machine does strikes all alike.
  for (let round = 0; round < STARTS; round++) {
    bare.push(await bareStart(denoRuntime, target.entry));
    for (const { level, network, times } of through) {
      const startedAt = performance.now();
      const process = await starter.start(
        { ...request(launchers[level]!, target, folder), network },
        new AbortController().signal,
      );
      times.push(performance.now() - startedAt);
      await process.kill("Measured");
      // What a start leaves to be done when nobody waits is not of the next one.
      await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
    }
  }
  const floor = quantile(Float64Array.from(bare), 0.5);
  for (const { name, aimMs, times } of through) {
    const value = quantile(Float64Array.from(times), 0.5);
    report({
      name: `plugin_start.${name}.p50`,
      value,
      unit: "ms",
      floor,
      ratio: value / floor,
      aim: `≤ floor + ${aimMs} ms`,
      holds: value <= floor + aimMs,
    });
  }
}

/** The same plugin by `deno run`, with all rights and a warm cache. */
async function bareStart({ denoPath, importMap }: Bench["denoRuntime"], entry: string) {
  const startedAt = performance.now();
  const child = new Deno.Command(denoPath, {
    args: ["run", "-q", "-A", "--no-config", `--import-map=${importMap}`, entry],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const message = { jsonrpc: "2.0", id: 1, method: "initialize", params: {} };
  await writer.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
  await child.stdout.getReader().read();
  const elapsedMs = performance.now() - startedAt;
  child.kill("SIGKILL");
  await child.status;
  return elapsedMs;
}

async function manyAlive(bench: Bench, report: Report): Promise<void> {
  const { starter, cgroups, sandbox, denoRuntime, request } = bench;
  const launcher = sandboxLauncher(plainLauncher(1, denoRuntime), sandbox);
  const target = { runtime: "other", path: "/bin/sh", args: ["-c", SMALL_PLUGIN] } as const;
  const watchdog = new Watchdog({
    running: () => starter.running(),
    listProcesses,
    listShares,
    listPageTables,
    listUsages: cgroups && (() => cgroups.usages()),
  });
  const before = Deno.memoryUsage().rss;
  const processes = [];
  for (let count = 0; count < ALIVE; count++) {
    const { signal } = new AbortController();
    processes.push(await starter.start(request(launcher, target, null), signal));
  }
  const memory = (Deno.memoryUsage().rss - before) / MB / ALIVE;
  report({
    name: `plugins_alive.${ALIVE}.host_memory`,
    value: memory,
    unit: "MB/plugin",
    aim: `≤ ${MEMORY_AIM_MB} MB`,
    holds: memory <= MEMORY_AIM_MB,
  });
  const shares: number[] = [];
  const pauses: number[] = [];
  for (let look = 0; look < LOOKS; look++) {
    const startedAt = performance.now();
    await watchdog.look();
    const lookMs = performance.now() - startedAt;
    shares.push(lookMs / (lookMs + watchdog.pauseMs));
    pauses.push(watchdog.pauseMs);
  }
  // All of its time, as if it were spent computing.
  const percent = 100 * quantile(Float64Array.from(shares), 0.5);
  report({
    name: `plugins_alive.${ALIVE}.watchdog`,
    value: percent,
    unit: "% of a core",
    aim: `≤ ${WATCHDOG_AIM_PERCENT} %`,
    holds: percent <= WATCHDOG_AIM_PERCENT,
  });
  report({
    name: `plugins_alive.${ALIVE}.watchdog_pause`,
    value: quantile(Float64Array.from(pauses), 0.5),
    unit: "ms",
  });
  await Promise.all(processes.map((process) => process.kill("Measured")));
}
