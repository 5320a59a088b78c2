/**
 * Ends plugins that take more of the machine than they may (security.md "Memory and CPU"): one `ps` a round over all of
 * them, as heap limits don't bound buffers and nothing else tells what a group of processes holds.
 */
import { type Clock, systemClock } from "../rpc/clock.ts";
import { type ProcessRow, ProcessTable } from "./process_table.ts";

/** A running plugin as the watchdog sees it; `PluginProcess` is one. */
export interface WatchedProcess {
  readonly pid: number;
  readonly isSandboxed: boolean;
  /** Resident, over everything that belongs to it. */
  readonly memoryBytesMax: number;
  /** Calls that wait for their reply. */
  readonly inFlight: number;
  /** Ends it as crashed. */
  fail(reason: string): void;
}

export interface WatchdogOptions {
  readonly running: () => Iterable<WatchedProcess>;
  readonly listProcesses: () => Promise<readonly ProcessRow[]>;
  /** In KiB, by pid, without counting twice what processes share; those of which it can't be told are left out. */
  readonly listShares: (pids: readonly number[]) => Promise<ReadonlyMap<number, number>>;
  readonly clock?: Clock;
}

const MIB = 1024 * 1024;
/** Between two rounds: a plugin that fills memory is found this late at most on a host of few plugins. */
const PAUSE_MS_MIN = 1000;
/** And this late at most on one of very many, where `ps` takes longer. */
const PAUSE_MS_MAX = 2000;
/** Of the time of one processor, which rounds take together. */
const SHARE_MAX = 0.016;
/** Of a plugin without a sandbox; in one the kernel counts. */
const PROCESSES_MAX = 64;
/** A plugin with nothing to do may work on, for instance to fill its cache, but not for ever. */
const IDLE_CPU_WINDOW_MS = 30_000;
/** Of one processor. */
const IDLE_CPU_SHARE_MAX = 0.5;

/** CPU time since a process had its last call. */
interface IdleCpu {
  since: number;
  usedSeconds: number;
  seconds: ReadonlyMap<number, number>;
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #clock: Clock;
  readonly #idle = new WeakMap<WatchedProcess, IdleCpu>();
  #pauseMs = PAUSE_MS_MIN;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Milliseconds to the next round: the longer the last took, the later, so that watching stays cheap. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** One round; to be repeated after `pauseMs`. */
  async look(): Promise<void> {
    if ([...this.#options.running()].length === 0) return;
    const startedAt = this.#clock.now();
    await this.#lookAtAll();
    const paced = (this.#clock.now() - startedAt) * (1 / SHARE_MAX - 1);
    this.#pauseMs = Math.min(Math.max(paced, PAUSE_MS_MIN), PAUSE_MS_MAX);
  }

  async #lookAtAll(): Promise<void> {
    const { running, listProcesses } = this.#options;
    const table = new ProcessTable(await listProcesses());
    for (const process of running()) {
      const family = table.family(process.pid);
      // The first is the helper that holds the sandbox up; what is in it can't take its place.
      const rows = process.isSandboxed ? family.slice(1) : family;
      const reason = this.#judge(process, rows, await this.#bytesOf(rows, process.memoryBytesMax));
      if (reason !== undefined) process.fail(reason);
    }
  }

  /** Forks share most of their pages, each of which is resident in all of them: that is only looked into if it matters. */
  async #bytesOf(rows: readonly ProcessRow[], bytesMax: number): Promise<number> {
    const resident = rows.reduce((sum, row) => sum + row.residentKib, 0) * 1024;
    if (resident <= bytesMax || rows.length === 1) return resident;
    const shares = await this.#options.listShares(rows.map(({ pid }) => pid));
    return rows.reduce((sum, row) => sum + (shares.get(row.pid) ?? row.residentKib), 0) * 1024;
  }

  #judge(
    process: WatchedProcess,
    rows: readonly ProcessRow[],
    bytes: number,
  ): string | undefined {
    if (bytes > process.memoryBytesMax) {
      const [held, allowed] = [bytes, process.memoryBytesMax].map((it) => Math.round(it / MIB));
      return `The plugin was ended: it held ${held} MiB of memory, and its limit is ${allowed} MiB`;
    }
    if (!process.isSandboxed && rows.length > PROCESSES_MAX) {
      return `The plugin was ended: it had ${rows.length} processes, and the limit is ${PROCESSES_MAX}`;
    }
    return this.#judgeCpu(process, rows);
  }

  /** Busy is not hung: what a plugin uses to answer calls has its deadline there. */
  #judgeCpu(process: WatchedProcess, rows: readonly ProcessRow[]): string | undefined {
    const now = this.#clock.now();
    const seconds = new Map(rows.map((row) => [row.pid, row.cpuSeconds]));
    const idle = this.#idle.get(process);
    if (idle === undefined || process.inFlight > 0) {
      this.#idle.set(process, { since: now, usedSeconds: 0, seconds });
      return undefined;
    }
    for (const [pid, used] of seconds) idle.usedSeconds += used - (idle.seconds.get(pid) ?? 0);
    idle.seconds = seconds;
    const elapsedSeconds = (now - idle.since) / 1000;
    if (elapsedSeconds * 1000 < IDLE_CPU_WINDOW_MS) return undefined;
    const { usedSeconds } = idle;
    this.#idle.set(process, { since: now, usedSeconds: 0, seconds });
    if (usedSeconds < elapsedSeconds * IDLE_CPU_SHARE_MAX) return undefined;
    return `The plugin was ended: it used ${Math.round(usedSeconds)} s of CPU time within ${
      Math.round(elapsedSeconds)
    } s with nothing asked of it`;
  }
}
