/**
 * Which plugin processes this host started, on disk, so that the next start can end what a killed host left behind
 * (security.md "Isolation", level 1).
 */
import { join } from "node:path";
import { z } from "zod";
import { runProgram } from "@codex/service/program";
import { realPathOf } from "./folders.ts";
import { removeOld } from "./old_entries.ts";
import { PS_MS_MAX } from "./process_table.ts";

const RecordFile = z.object({
  hostPid: z.int(),
  hostStartedAt: z.string(),
  pid: z.int(),
  startedAt: z.string(),
  folder: z.string(),
});
type RecordFile = z.infer<typeof RecordFile>;

const FOLDER_PREFIX = "process-";
/** After the name of a folder: the file with the record of its process. */
const RECORD_SUFFIX = ".json";
/** `ps` takes as long as half a start, and would delay the one that it notes. */
const NOTED_AFTER_MS = 500;
/** Long past any start: a folder that is this old and has no record belongs to nobody. */
const LEFTOVER_MS_MIN = 24 * 3600 * 1000;

/** Starts with the machine, or with the container. */
const INIT_PID = 1;

/** Start times as `ps` tells them; pids alone are given out again. */
export type StartTimes = (pids: readonly number[]) => Promise<ReadonlyMap<number, string>>;

export interface ProcessRecord {
  /** Removes the record and the folder; call once the process was reaped. */
  remove(): Promise<void>;
}

/** Records below one folder; several hosts may share it. */
export class ProcessRecords {
  readonly #folder: string;
  readonly #startTimes: StartTimes;
  readonly #hostPid: number;
  #hostStartedAt: Promise<string> | undefined;

  constructor(folder: string, startTimes: StartTimes, hostPid: number) {
    this.#folder = folder;
    this.#startTimes = startTimes;
    this.#hostPid = hostPid;
  }

  /** Makes a fresh folder for one process, out of the reach of every plugin. */
  async makeFolder(): Promise<string> {
    await Deno.mkdir(this.#folder, { recursive: true, mode: 0o700 });
    return await Deno.makeTempDir({ dir: this.#folder, prefix: FOLDER_PREFIX });
  }

  /**
   * Notes that `pid` runs with the fresh folder `folder`, once nobody waits for its start any more.
   * Were the host killed before that, setpriv or the sandbox must end all of it.
   */
  addSoon(pid: number, folder: string): ProcessRecord {
    const { promise, resolve } = Promise.withResolvers<ProcessRecord | undefined>();
    const timer = setTimeout(() => resolve(this.add(pid, folder)), NOTED_AFTER_MS);
    return {
      async remove() {
        clearTimeout(timer);
        resolve(undefined);
        const record = await promise;
        await (record === undefined ? removeAll(folder) : record.remove());
      },
    };
  }

  /** The same at once, for one that nothing ends with the host. */
  addNow(pid: number, folder: string): ProcessRecord {
    const record = this.add(pid, folder);
    return { remove: async () => await (await record).remove() };
  }

  /** Notes that `pid` runs with the fresh folder `folder`. Never rejects. */
  async add(pid: number, folder: string): Promise<ProcessRecord> {
    this.#hostStartedAt ??= this.#startTimeOf(this.#hostPid);
    const [hostStartedAt, startedAt] = [await this.#hostStartedAt, await this.#startTimeOf(pid)];
    const path = folder + RECORD_SUFFIX;
    const record: RecordFile = { hostPid: this.#hostPid, hostStartedAt, pid, startedAt, folder };
    // Without its record a process still dies with the host where setpriv is; a full disk stops no start.
    await Deno.writeTextFile(path, JSON.stringify(record), { mode: 0o600 }).catch(() => {});
    return { remove: () => removeAll(path, folder) };
  }

  /**
   * Ends the process groups whose host is gone and removes what they left.
   * @returns how many groups were still alive
   */
  async reapLeftovers(): Promise<number> {
    let ended = 0;
    for await (const record of this.#readAll()) {
      const times = await this.#startTimes([record.hostPid, record.pid, INIT_PID]);
      if (times.get(record.hostPid) === record.hostStartedAt) continue;
      if (isItsGroup(record, times) && signalGroup(record.pid, "SIGKILL")) ended++;
      await removeAll(record.folder + RECORD_SUFFIX, record.folder);
    }
    await this.#removeUnrecorded();
    return ended;
  }

  /** Folders of hosts that were killed before they had noted whose they are. */
  async #removeUnrecorded(): Promise<void> {
    if (await realPathOf(this.#folder) === undefined) return;
    await removeOld(this.#folder, {
      prefix: FOLDER_PREFIX,
      now: Date.now(),
      ageMsMin: LEFTOVER_MS_MIN,
      async remove(path) {
        const isRecord = path.endsWith(RECORD_SUFFIX);
        if (!isRecord && await realPathOf(path + RECORD_SUFFIX) === undefined) {
          await removeAll(path);
        }
      },
    });
  }

  async #startTimeOf(pid: number): Promise<string> {
    return (await this.#startTimes([pid])).get(pid) ?? "";
  }

  async *#readAll(): AsyncGenerator<RecordFile> {
    const entries = await Array.fromAsync(Deno.readDir(this.#folder)).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile || !entry.name.endsWith(RECORD_SUFFIX)) continue;
      const path = join(this.#folder, entry.name);
      const record = RecordFile.safeParse(parse(await Deno.readTextFile(path).catch(() => "")));
      // The folder is the record's own, never one that a damaged file names.
      if (record.success) yield { ...record.data, folder: path.slice(0, -RECORD_SUFFIX.length) };
      else await removeAll(path);
    }
  }
}

/** Whether a group of the number `record.pid` can only be the one that was noted. */
function isItsGroup(record: RecordFile, times: ReadonlyMap<number, string>): boolean {
  const leaderStartedAt = times.get(record.pid);
  if (leaderStartedAt !== undefined) return leaderStartedAt === record.startedAt;
  // A leader dies with its host where setpriv is, its children don't. While they live, the kernel gives their group's
  // number to nobody; after a restart of the machine it may be anybody's.
  return instantOf(record.startedAt) >= instantOf(times.get(INIT_PID) ?? "");
}

/** NaN, which is never later than anything, for what is no time. */
function instantOf(startedAt: string): number {
  return Date.parse(`${startedAt} UTC`);
}

/** Start times by `ps`, the one way that needs no read of /proc. */
export const startTimesByPs: StartTimes = async (pids) => {
  const { stdout } = await runProgram({
    command: "ps",
    args: ["-o", "pid=,lstart=", "-p", pids.join(",")],
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin", TZ: "UTC" },
    timeoutMs: PS_MS_MAX,
  });
  const lines = stdout.split("\n");
  return new Map(lines.flatMap((line) => {
    const match = /^\s*(\d+)\s+(.+?)\s*$/.exec(line);
    return match === null ? [] : [[Number(match[1]), match[2] ?? ""] as const];
  }));
};

/**
 * Signals every process of a group.
 * @returns false if there was none
 */
export function signalGroup(pid: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function removeAll(...paths: readonly string[]): Promise<void> {
  for (const path of paths) await Deno.remove(path, { recursive: true }).catch(() => {});
}
