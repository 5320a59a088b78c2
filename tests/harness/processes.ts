/** The processes of this machine, as `ps` tells them. */

import { runProgram } from "@codex/service/program";

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /** Resident set size in KiB. */
  readonly residentKib: number;
  readonly args: string;
}

/** Every process below `root`, however deep; zombies aside. */
export async function descendantsOf(root: number): Promise<ProcessRow[]> {
  const rows = await listProcesses();
  const children = Map.groupBy(rows, (row) => row.parent);
  const found: ProcessRow[] = [];
  const queue = [root];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    for (const row of children.get(pid) ?? []) {
      found.push(row);
      queue.push(row.pid);
    }
  }
  return found;
}

async function listProcesses(): Promise<ProcessRow[]> {
  const { stdout } = await runProgram({
    command: "ps",
    args: ["-eo", "pid=,ppid=,rss=,stat=,args="],
    timeoutMs: 60_000,
    outputBytesMax: 64 * 1024 * 1024,
  });
  return stdout.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    if (match === null || match[4]?.startsWith("Z")) return [];
    return [{
      pid: Number(match[1]),
      parent: Number(match[2]),
      residentKib: Number(match[3]),
      args: match[5] ?? "",
    }];
  });
}
