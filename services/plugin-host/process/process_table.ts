/** The machine's processes, by `ps`: the one way that needs no read of /proc. */

import { runProgram } from "@codex/service/program";

/** `ps` takes some 20 ms, and longer on a machine of many processes. */
export const PS_MS_MAX = 20_000;
/** A line of `ps` per process: room for all that one kernel can number. */
const PS_BYTES_MAX = 256 * 1024 * 1024;

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Resident set size in KiB. */
  readonly residentKib: number;
  /** CPU time used since its start, by it and by those of its children that it waited for. */
  readonly cpuSeconds: number;
  /** Name of its program, which a process may choose itself; "" where it was not asked for. */
  readonly program: string;
}

/** Of the columns of time only this one counts children that were waited for [tried with procps 4.0.2]. */
const COLUMNS = "pid=,ppid=,pgid=,rss=,bsdtime=";

/** All processes, without their programs, which take `ps` as long as all the rest; zombies too. */
export function listProcesses(): Promise<ProcessRow[]> {
  return listAll(COLUMNS);
}

/** All processes with their programs. */
export function listPrograms(): Promise<ProcessRow[]> {
  return listAll(`${COLUMNS},comm=`);
}

/**
 * What each process holds in KiB, where memory that several share is counted in parts (PSS). Slow, as the kernel looks at every
 * page. A process is left out if that can't be told: by an older `ps`, or as it closed itself to being looked at.
 */
export async function listShares(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const text = await runPs(["-o", "pid=,pss=", "-p", pids.join()]);
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  return new Map(rows.flatMap(([pid, kib]) => pid && kib ? [[pid, kib] as const] : []));
}

/**
 * What the kernel keeps for each process to find its memory, in KiB. A program that only reads a large mapping holds nothing,
 * and fills half a gigabyte of these.
 */
export async function listPageTables(
  pids: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (pids.length === 0) return new Map();
  const files = pids.map((pid) => `/proc/${pid}/status`);
  const { stdout } = await runProgram({
    command: "grep",
    args: ["-sHE", "^VmPTE:", "--", ...files],
    timeoutMs: PS_MS_MAX,
    outputBytesMax: PS_BYTES_MAX,
  });
  const found = [...stdout.matchAll(/^\/proc\/(\d+)\/status:VmPTE:\s*(\d+) kB$/gm)];
  return new Map(found.map(([, pid, kib]) => [Number(pid), Number(kib)]));
}

/** With "S" the time of children that were waited for is their parent's, or a plugin could burn any amount in short-lived ones. */
async function listAll(columns: string): Promise<ProcessRow[]> {
  return parseProcesses(await runPs(["S", "-eo", columns]));
}

async function runPs(args: string[]): Promise<string> {
  const program = { command: "ps", args, timeoutMs: PS_MS_MAX, outputBytesMax: PS_BYTES_MAX };
  return (await runProgram(program)).stdout;
}

export function parseProcesses(text: string): ProcessRow[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+):(\d+)(?:\s+(.*))?$/
      .exec(line);
    if (match === null) return [];
    const [pid, parent, group, residentKib, minutes, seconds] = match.slice(1, 7).map(Number);
    if (pid === undefined || parent === undefined || group === undefined) return [];
    return [{
      pid,
      parent,
      group,
      residentKib: residentKib ?? 0,
      cpuSeconds: (minutes ?? 0) * 60 + (seconds ?? 0),
      program: match[7] ?? "",
    }];
  });
}

/** Finds everything that belongs to a process: it, its group, and what descends from any of them. */
export class ProcessTable {
  readonly #rows: ReadonlyMap<number, ProcessRow>;
  readonly #children: ReadonlyMap<number, ProcessRow[]>;
  readonly #groups: ReadonlyMap<number, ProcessRow[]>;

  constructor(rows: readonly ProcessRow[]) {
    this.#rows = new Map(rows.map((row) => [row.pid, row]));
    this.#children = Map.groupBy(rows, (row) => row.parent);
    this.#groups = Map.groupBy(rows, (row) => row.group);
  }

  /** The process `pid`, if it is there, comes first. */
  family(pid: number): ProcessRow[] {
    const root = this.#rows.get(pid);
    const found = new Map<number, ProcessRow>();
    const waiting = [...(root === undefined ? [] : [root]), ...this.#groups.get(pid) ?? []];
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      if (found.has(row.pid)) continue;
      found.set(row.pid, row);
      waiting.push(...this.#children.get(row.pid) ?? []);
    }
    return [...found.values()];
  }
}

/** Programs that hold a sandbox up: they end when what is in it has. */
const HELPERS = ["bwrap", "socat", "pasta", "pasta.avx2"];

/** Signals what runs in the sandbox of the helper `pid`. */
export async function askDescendants(pid: number, signal: Deno.Signal): Promise<void> {
  const family = new ProcessTable(await listPrograms()).family(pid);
  for (const row of family) {
    if (HELPERS.includes(row.program)) continue;
    try {
      Deno.kill(row.pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}
