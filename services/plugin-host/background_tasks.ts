/** Everything that plugin-host repeats while it is up, and how often. */
import type { RepeatedTask } from "@codex/service";
import { EGRESS_EVERY_MS, type EgressLedger } from "./calls/egress_ledger.ts";
import type { TrafficLedger } from "./calls/traffic_ledger.ts";
import type { Executor } from "./db/plugin_queries.ts";
import { DiskWatch } from "./process/disk/disk_watch.ts";
import { diskSpace, judgeSpace } from "./process/disk/free_space.ts";
import { watchDataFolders } from "./process/data_usage.ts";
import type { Cgroups } from "./process/cgroups/cgroups.ts";
import { listFileLocks } from "./process/file_locks.ts";
import { listPageTables, listProcesses, listShares } from "./process/process_table.ts";
import { HOST_RETRY_SECONDS } from "./process/pool_error.ts";
import type { Starter } from "./process/starter.ts";
import { Watchdog } from "./process/watchdog.ts";
import type { AuditLog } from "./registry/audit_log.ts";
import type { Purges } from "./registry/purges.ts";
import { reconcile } from "./registry/reconciler.ts";
import type { PluginRuntime } from "./registry/runtime.ts";
import type { HostState } from "./runtime/host_state.ts";
import { sweep } from "./sweep.ts";

/** A plugin that one replica turned off has no process on any other after this. */
const RECONCILE_EVERY_MS = 1000;
const WATCH_DISK_EVERY_MS = 1000;
const AUDITS_EVERY_MS = 5000;
const PURGES_EVERY_MS = 5000;
const FORGET_EVERY_MS = 60_000;
const SWEEP_EVERY_MS = 600_000;

export interface TaskDeps {
  readonly db: Executor;
  readonly audits: AuditLog;
  readonly runtime: PluginRuntime;
  readonly host: HostState;
  readonly ledger: EgressLedger;
  readonly traffic: TrafficLedger;
  readonly purges: Purges;
  readonly starter: Starter;
  /** Holds the data folder of every plugin and connection. */
  readonly dataRoot: string;
  /** Undefined where the host can't use control groups. */
  readonly cgroups: Cgroups | undefined;
  readonly forgetDeletedPlugins: () => Promise<void>;
}

export function backgroundTasks(deps: TaskDeps): RepeatedTask[] {
  const { db, runtime, host, ledger, traffic, purges, starter, cgroups, dataRoot } = deps;
  const watchdog = new Watchdog({
    running: () => starter.running(),
    listProcesses,
    listShares,
    listPageTables,
    listUsages: cgroups && (() => cgroups.usages()),
    listFileLocks,
  });
  const diskWatch = new DiskWatch({
    running: () => starter.running(),
    readSpace: () => diskSpace(dataRoot),
    judge: (space) => judgeSpace(space, dataRoot),
    measure: () => watchDataFolders(starter.running()),
    onLow: async () => void await host.look(),
  });
  const task = (name: string, everyMs: number, run: RepeatedTask["run"]) => ({
    name,
    everyMs,
    run,
  });
  return [
    task("reconcile processes", RECONCILE_EVERY_MS, () => reconcile(db, runtime)),
    {
      name: "watch plugins",
      get everyMs() {
        return watchdog.pauseMs;
      },
      run: () => watchdog.look(),
    },
    task("watch the disk", WATCH_DISK_EVERY_MS, () => diskWatch.look()),
    task("check the host", HOST_RETRY_SECONDS * 1000, () => host.lookAgain()),
    task("write egress", EGRESS_EVERY_MS, () => ledger.flush()),
    task("write traffic", EGRESS_EVERY_MS, () => traffic.flush()),
    task("follow purges", PURGES_EVERY_MS, () => purges.follow()),
    task("settle audits", AUDITS_EVERY_MS, () => deps.audits.settle()),
    task("forget deleted plugins", FORGET_EVERY_MS, deps.forgetDeletedPlugins),
    task("sweep", SWEEP_EVERY_MS, () => sweep(db)),
  ];
}
