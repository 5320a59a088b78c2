/**
 * Ends plugins that take more of the machine than they may (security.md "Memory and CPU"). Where the host may use control
 * groups, the kernel holds memory and counts CPU time, and one `grep` a round over all of them tells what it found. Anywhere
 * else it is one `ps` a round, as heap limits don't bound buffers, and what no process owns is bounded by other limits.
 */
import { type Clock, systemClock } from "../rpc/clock.ts";
import { outOfMemory } from "./cgroups/cgroups.ts";
import type { GroupUsage } from "./cgroups/layout.ts";
import { type ProcessRow, ProcessTable } from "./process_table.ts";

/** A running plugin as the watchdog sees it; `PluginProcess` is one. */
export interface WatchedProcess {
  readonly pid: number;
  readonly isSandboxed: boolean;
  /** Resident, over everything that belongs to it. */
  readonly memoryBytesMax: number;
  /** Of its control group; undefined if it runs in none. */
  readonly groupName: string | undefined;
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
  /** In KiB, by pid: what the kernel keeps to map their memory, which is resident in none of them. */
  readonly listPageTables: (pids: readonly number[]) => Promise<ReadonlyMap<number, number>>;
  /** What control groups have used, by their names; undefined where the host can't use them. */
  readonly listUsages?: (() => Promise<ReadonlyMap<string, GroupUsage>>) | undefined;
  /** Locks on files, by pid; undefined where they aren't looked at. */
  readonly listFileLocks?: (() => Promise<ReadonlyMap<number, number>>) | undefined;
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
/** On files. A database needs some for each connection to it. */
const LOCKS_MAX = 2048;
/** A plugin with nothing to do may work on, for instance to fill its cache, but not for ever. */
const IDLE_CPU_WINDOW_MS = 30_000;
/** Of one processor. */
const IDLE_CPU_SHARE_MAX = 0.5;

/** CPU time since a process had its last call. */
interface IdleCpu {
  since: number;
  usedSeconds: number;
  /** Of all that belongs to it, when it was last looked at. */
  seconds: number;
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
    const { running, listProcesses, listUsages } = this.#options;
    const usages = await listUsages?.() ?? new Map<string, GroupUsage>();
    const usageOf = ({ groupName }: WatchedProcess) =>
      groupName === undefined ? undefined : usages.get(groupName);
    // What runs in a sandbox and a group is held by the kernel in all ways.
    const isHeld = (process: WatchedProcess) =>
      process.isSandboxed && usageOf(process) !== undefined;
    const locks = await this.#options.listFileLocks?.() ?? new Map<number, number>();
    // Nobody has too many where all together have not.
    const isLocked = sumOf(locks.values()) > LOCKS_MAX;
    const table = !isLocked && [...running()].every(isHeld)
      ? undefined
      : new ProcessTable(await listProcesses());
    for (const process of running()) {
      const usage = usageOf(process);
      const family = familyOf(process, table);
      const reason = judgeLocks(family, locks) ??
        (usage === undefined
          ? await this.#judgeFamily(process, family)
          : this.#judgeGroup(process, usage, family));
      if (reason !== undefined) process.fail(reason);
    }
  }

  #judgeGroup(
    process: WatchedProcess,
    { outOfMemory: ended, cpuSeconds }: GroupUsage,
    rows: readonly ProcessRow[],
  ): string | undefined {
    // The kernel may have ended a child alone.
    if (ended > 0) return outOfMemory(process.memoryBytesMax);
    return judgeCount(process, rows) ?? this.#judgeCpu(process, cpuSeconds);
  }

  async #judgeFamily(
    process: WatchedProcess,
    rows: readonly ProcessRow[],
  ): Promise<string | undefined> {
    const bytes = await this.#bytesOf(rows, process.memoryBytesMax);
    if (bytes > process.memoryBytesMax) {
      const [held, allowed] = [bytes, process.memoryBytesMax].map((it) => Math.round(it / MIB));
      return `The plugin was ended: it held ${held} MiB of memory, and its limit is ${allowed} MiB`;
    }
    const cpuSeconds = rows.reduce((sum, row) => sum + row.cpuSeconds, 0);
    return judgeCount(process, rows) ?? this.#judgeCpu(process, cpuSeconds);
  }

  /** Forks share most of their pages, each of which is resident in all of them: that is only looked into if it matters. */
  async #bytesOf(rows: readonly ProcessRow[], bytesMax: number): Promise<number> {
    const pids = rows.map(({ pid }) => pid);
    const tables = await this.#options.listPageTables(pids);
    const ofTables = rows.reduce((sum, { pid }) => sum + (tables.get(pid) ?? 0), 0) * 1024;
    const resident = rows.reduce((sum, row) => sum + row.residentKib, 0) * 1024;
    if (resident + ofTables <= bytesMax || rows.length === 1) return resident + ofTables;
    const shares = await this.#options.listShares(pids);
    const shared = rows.reduce((sum, row) => sum + (shares.get(row.pid) ?? row.residentKib), 0);
    return shared * 1024 + ofTables;
  }

  /**
   * Busy is not hung: what a plugin uses to answer calls has its deadline there.
   *
   * @param seconds used since its start by all that belongs to it
   */
  #judgeCpu(process: WatchedProcess, seconds: number): string | undefined {
    const now = this.#clock.now();
    const idle = this.#idle.get(process);
    if (idle === undefined || process.inFlight > 0) {
      this.#idle.set(process, { since: now, usedSeconds: 0, seconds });
      return undefined;
    }
    // The time of a child that nobody waited for is gone with it.
    idle.usedSeconds += Math.max(0, seconds - idle.seconds);
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

/** The first is the helper that holds a sandbox up; what is in it can't take its place. */
function familyOf({ pid, isSandboxed }: WatchedProcess, table: ProcessTable | undefined) {
  const family = table?.family(pid) ?? [];
  return isSandboxed ? family.slice(1) : family;
}

function judgeLocks(
  rows: readonly ProcessRow[],
  locks: ReadonlyMap<number, number>,
): string | undefined {
  const count = sumOf(rows.map(({ pid }) => locks.get(pid) ?? 0));
  if (count <= LOCKS_MAX) return undefined;
  return `The plugin was ended: it held more than ${LOCKS_MAX} locks on files, which fill the kernel's memory`;
}

function sumOf(numbers: Iterable<number>): number {
  return Iterator.from(numbers).reduce((sum, it) => sum + it, 0);
}

function judgeCount(
  { isSandboxed }: WatchedProcess,
  rows: readonly ProcessRow[],
): string | undefined {
  if (isSandboxed || rows.length <= PROCESSES_MAX) return undefined;
  return `The plugin was ended: it had ${rows.length} processes, and the limit is ${PROCESSES_MAX}`;
}
