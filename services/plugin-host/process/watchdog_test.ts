import assert from "node:assert/strict";
import type { GroupUsage } from "./cgroups/layout.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { parseProcesses, type ProcessRow, ProcessTable } from "./process_table.ts";
import { Watchdog, type WatchedProcess } from "./watchdog.ts";

const MIB = 1024 * 1024;

interface Scene {
  readonly process: WatchedProcess & {
    inFlight: number;
    isSandboxed: boolean;
    groupName: string | undefined;
  };
  readonly reasons: string[];
  /** What `ps` tells; a test changes it. */
  rows: ProcessRow[];
  /** What it tells in addition, in KiB by pid. */
  shares: ReadonlyMap<number, number>;
  /** In KiB by pid. */
  pageTables: ReadonlyMap<number, number>;
  /** By the names of control groups. */
  usages: ReadonlyMap<string, GroupUsage>;
  /** By pid. */
  fileLocks: ReadonlyMap<number, number>;
  /** How often `ps` was asked. */
  listed: number;
  /** Rounds a second apart, each preceded by `change`. */
  look(rounds?: number, change?: () => void): Promise<void>;
}

function row(pid: number, parent: number, change: Partial<ProcessRow> = {}): ProcessRow {
  return { pid, parent, group: 100, residentKib: 1024, cpuSeconds: 0, program: "x", ...change };
}

function watch(): Scene {
  const clock = new FakeClock();
  const reasons: string[] = [];
  const scene: Scene = {
    process: {
      pid: 100,
      isSandboxed: false,
      memoryBytesMax: 256 * MIB,
      inFlight: 0,
      groupName: undefined,
      fail: (reason) => reasons.push(reason),
    },
    reasons,
    rows: [row(100, 1)],
    shares: new Map(),
    pageTables: new Map(),
    usages: new Map(),
    fileLocks: new Map(),
    listed: 0,
    async look(rounds = 1, change = () => {}) {
      for (let round = 0; round < rounds; round++) {
        change();
        clock.advance(1000);
        await watchdog.look();
      }
    },
  };
  const watchdog = new Watchdog({
    running: () => [scene.process],
    listProcesses: () => Promise.resolve((scene.listed++, scene.rows)),
    listShares: () => Promise.resolve(scene.shares),
    listPageTables: () => Promise.resolve(scene.pageTables),
    listUsages: () => Promise.resolve(scene.usages),
    listFileLocks: () => Promise.resolve(scene.fileLocks),
    clock,
  });
  return scene;
}

Deno.test("memory is counted over the whole group and what descends from it", async () => {
  const scene = watch();
  const residentKib = 90 * 1024;
  scene.rows = [
    row(100, 1, { residentKib }),
    row(101, 1, { residentKib }),
    row(102, 101, { group: 102, residentKib: 70 * 1024 }),
    row(200, 1, { group: 200, residentKib: 900 * 1024 }),
  ];
  await scene.look();
  assert.deepEqual(scene.reasons, []);
  scene.rows.push(row(103, 102, { group: 103, residentKib: 7 * 1024 }));
  await scene.look();
  assert.deepEqual(scene.reasons, [
    "The plugin was ended: it held 257 MiB of memory, and its limit is 256 MiB",
  ]);
});

Deno.test("locks on files are counted over all that belongs to a plugin, also in a control group", async () => {
  const scene = watch();
  scene.process.isSandboxed = true;
  scene.process.groupName = "one";
  scene.usages = new Map([["one", { outOfMemory: 0, cpuSeconds: 0 }]]);
  scene.rows = [row(100, 1), row(101, 100), row(102, 101), row(200, 1, { group: 200 })];
  scene.fileLocks = new Map([[101, 1024], [102, 1024]]);
  await scene.look();
  assert.equal(scene.listed, 0);
  scene.fileLocks = new Map([[101, 1024], [102, 1024], [200, 9000]]);
  await scene.look();
  assert.deepEqual(scene.reasons, []);
  scene.fileLocks = new Map([[101, 1025], [102, 1024]]);
  await scene.look();
  assert.match(
    scene.reasons.join(),
    /^The plugin was ended: it held more than 2048 locks on files/,
  );
});

Deno.test("memory that forks share counts once, and in full where that can't be told", async () => {
  const scene = watch();
  const residentKib = 150 * 1024;
  scene.rows = [100, 101, 102].map((pid) => row(pid, 1, { residentKib }));
  scene.shares = new Map([100, 101, 102].map((pid) => [pid, 60 * 1024]));
  await scene.look();
  assert.deepEqual(scene.reasons, []);
  scene.shares = new Map([100, 101].map((pid) => [pid, 60 * 1024]));
  await scene.look();
  assert.match(scene.reasons[0] ?? "", /held 270 MiB/);
});

Deno.test("the helper that holds a sandbox up doesn't count, whatever a plugin calls itself", async () => {
  const scene = watch();
  scene.process.isSandboxed = true;
  scene.rows = [
    row(100, 1, { residentKib: 200 * 1024, program: "pasta" }),
    row(101, 100, { group: 101, residentKib: 200 * 1024, program: "pasta" }),
  ];
  await scene.look();
  assert.deepEqual(scene.reasons, []);
  scene.rows.push(row(102, 101, { group: 101, residentKib: 60 * 1024, program: "bwrap" }));
  await scene.look();
  assert.match(scene.reasons[0] ?? "", /held 260 MiB/);
});

Deno.test("more than 64 processes without a sandbox are a fork bomb", async () => {
  const scene = watch();
  scene.rows = Array.from({ length: 65 }, (_, index) => row(100 + index, 1));
  await scene.look();
  assert.match(scene.reasons[0] ?? "", /65 processes, and the limit is 64/);
});

Deno.test("CPU time is held against a plugin only while nothing is asked of it", async () => {
  const scene = watch();
  let cpuSeconds = 0;
  const burn = () => {
    scene.rows = [row(100, 1, { cpuSeconds: ++cpuSeconds })];
  };
  scene.process.inFlight = 1;
  await scene.look(100, burn);
  assert.deepEqual(scene.reasons, []);
  scene.process.inFlight = 0;
  await scene.look(29, burn);
  assert.deepEqual(scene.reasons, []);
  await scene.look(1, burn);
  assert.deepEqual(scene.reasons, [
    "The plugin was ended: it used 30 s of CPU time within 30 s with nothing asked of it",
  ]);
});

Deno.test("what is kept to map memory counts as memory", async () => {
  const scene = watch();
  scene.rows = [row(100, 1, { residentKib: 100 * 1024 })];
  scene.pageTables = new Map([[100, 150 * 1024]]);
  await scene.look();
  assert.deepEqual(scene.reasons, []);
  scene.pageTables = new Map([[100, 157 * 1024]]);
  await scene.look();
  assert.match(scene.reasons[0] ?? "", /held 257 MiB/);
});

Deno.test("time of children that were waited for counts, and what is gone with one gives none back", async () => {
  const scene = watch();
  let parentSeconds = 0;
  await scene.look(31, () => {
    // A child of a second, seen half way each time, whose time is its parent's when it has ended.
    parentSeconds++;
    scene.rows = [
      row(100, 1, { cpuSeconds: parentSeconds }),
      row(200 + parentSeconds, 100, { cpuSeconds: 0 }),
    ];
  });
  assert.match(scene.reasons[0] ?? "", /used 30 s of CPU time/);
  const other = watch();
  let round = 0;
  await other.look(31, () => {
    round++;
    // Every other round a child shows five seconds that are gone in the next.
    other.rows = [row(100, 1, { cpuSeconds: round }), row(101, 100, { cpuSeconds: round % 2 * 5 })];
  });
  assert.match(other.reasons[0] ?? "", /of CPU time within 30 s/);
});

Deno.test("a group tells what the kernel ended and which time it used, and nobody asks ps", async () => {
  const scene = watch();
  scene.process.isSandboxed = true;
  scene.process.groupName = "group";
  let cpuSeconds = 0;
  scene.rows = [row(100, 1), row(101, 100, { residentKib: 900 * 1024 })];
  const use = () => {
    scene.usages = new Map([["group", { outOfMemory: 0, cpuSeconds: cpuSeconds += 0.6 }]]);
  };
  await scene.look(30, use);
  assert.deepEqual(scene.reasons, []);
  await scene.look(1, use);
  assert.deepEqual(scene.reasons, [
    "The plugin was ended: it used 18 s of CPU time within 30 s with nothing asked of it",
  ]);
  scene.usages = new Map([["group", { outOfMemory: 1, cpuSeconds }]]);
  await scene.look();
  assert.equal(
    scene.reasons[1],
    "The plugin was ended: it took more memory than its limit of 256 MiB",
  );
  assert.equal(scene.listed, 0);
  // A group that can't be read: its processes are looked at instead.
  scene.usages = new Map();
  await scene.look();
  assert.match(scene.reasons[2] ?? "", /held 900 MiB/);
});

Deno.test("without a sandbox processes are counted in a group too", async () => {
  const scene = watch();
  scene.process.groupName = "group";
  scene.usages = new Map([["group", { outOfMemory: 0, cpuSeconds: 0 }]]);
  scene.rows = Array.from({ length: 65 }, (_, index) => row(100 + index, 1));
  await scene.look();
  assert.match(scene.reasons[0] ?? "", /65 processes/);
});

Deno.test("a plugin that works a little by itself is left alone", async () => {
  const scene = watch();
  let round = 0;
  await scene.look(200, () => {
    scene.rows = [row(100, 1, { cpuSeconds: Math.floor(++round / 4) })];
  });
  assert.deepEqual(scene.reasons, []);
});

Deno.test("nothing is asked of the system while no plugin runs", async () => {
  let asked = 0;
  const listProcesses = () => Promise.resolve((asked++, []));
  await new Watchdog({
    running: () => [],
    listProcesses,
    listPageTables: () => Promise.resolve(new Map()),
    listShares: () => Promise.resolve(new Map()),
  }).look();
  assert.equal(asked, 0);
});

Deno.test("the longer a round takes, the later comes the next, within bounds", async () => {
  const clock = new FakeClock();
  let takesMs = 5;
  const watchdog = new Watchdog({
    running: () => [watch().process],
    listShares: () => Promise.resolve(new Map()),
    listPageTables: () => Promise.resolve(new Map()),
    listProcesses: () => {
      clock.advance(takesMs);
      return Promise.resolve([row(100, 1)]);
    },
    clock,
  });
  const pauses: number[] = [];
  for (takesMs of [5, 20, 500]) {
    await watchdog.look();
    pauses.push(watchdog.pauseMs);
  }
  assert.deepEqual(pauses, [1000, 20 * 61.5, 2000]);
});

Deno.test("the table of processes is read whatever a program calls itself", () => {
  const rows = parseProcesses(
    "    1     0     1   9000  61:12\n  77   1  77  0   0:00 a b ) (\n\nx\n",
  );
  assert.deepEqual(rows.map(({ pid, program }) => [pid, program]), [[1, ""], [77, "a b ) ("]]);
  assert.equal(rows[0]?.cpuSeconds, 61 * 60 + 12);
  assert.deepEqual(new ProcessTable(rows).family(1).map(({ pid }) => pid), [1, 77]);
  assert.deepEqual(new ProcessTable(rows).family(5), []);
});
