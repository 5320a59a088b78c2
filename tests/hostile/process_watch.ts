/** What `ps` tells of the processes of this machine. */
import assert from "node:assert/strict";
import { runProgram } from "@codex/service/program";
import type { Platform } from "../harness/platform.ts";

const EVERY_MS = 400;

/** The pid of a service of the platform. */
export async function pidOfService(platform: Platform, service: string): Promise<number> {
  const rows = await platform.processes();
  const main = rows.find(({ args }) => args.includes(`services/${service}/main.ts`));
  assert.ok(main, `There is no process of ${service}`);
  return main.pid;
}

/** Samples the resident memory of one process. */
export class MemoryWatch implements Disposable {
  readonly #samples: { readonly at: number; readonly mib: number }[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(readonly pid: number) {
    this.#timer = setInterval(() => void this.#sample(), EVERY_MS);
  }

  /** The most since `since` (of `performance.now()`), in MiB, with what it is now. */
  async peakSince(since: number): Promise<number> {
    const now = await this.#sample();
    const mine = this.#samples.filter(({ at }) => at >= since).map(({ mib }) => mib);
    return Math.max(now, ...mine);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #sample(): Promise<number> {
    const [mib = 0] = (await ps(["-o", "rss=", "-p", String(this.pid)])).map((it) =>
      Number(it) / 1024
    );
    this.#samples.push({ at: performance.now(), mib });
    return mib;
  }
}

/** What the host itself runs on data folders, whose names are in its command line. */
const HOST_TOOLS = /^(du -s|rm -rf|chmod -R) /;

/**
 * Processes of plugins whose command line or environment holds one of `marks`; zombies aside. What a plugin starts
 * inherits a HOME in the plugin's own data folder, so that it is found wherever it went.
 */
export async function findMarked(marks: readonly string[]): Promise<string[]> {
  const lines = await ps(["axeww", "-o", "pid=,stat=,args="]);
  return lines.filter((line) => {
    const [, pid, stat = "", args = ""] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return Number(pid) !== Deno.pid && !stat.startsWith("Z") && !HOST_TOOLS.test(args) &&
      marks.some((mark) => args.includes(mark));
  }).map((line) => line.slice(0, 200));
}

async function ps(args: readonly string[]): Promise<string[]> {
  const { stdout } = await runProgram({
    command: "ps",
    args,
    timeoutMs: 60_000,
    outputBytesMax: 64 * 1024 * 1024,
  });
  return stdout.split("\n").filter((line) => line.trim() !== "");
}
