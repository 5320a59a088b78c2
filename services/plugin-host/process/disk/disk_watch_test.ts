import assert from "node:assert/strict";
import { FakeClock } from "../../testing/fake_clock.ts";
import { DiskWatch } from "./disk_watch.ts";
import { type DiskSpace, judgeSpace } from "./free_space.ts";

const GIB = 1024 * 1024 * 1024;

interface Scene {
  readonly events: string[];
  freeBytes: number;
  /** How long measuring takes, and what else comes of it. */
  onMeasure: () => void;
  readonly clock: FakeClock;
  /** So many looks, a second apart. */
  look(times?: number): Promise<void>;
}

function watch(): Scene {
  const clock = new FakeClock();
  const scene: Scene = {
    events: [],
    freeBytes: 50 * GIB,
    onMeasure: () => {},
    clock,
    async look(times = 1) {
      for (let count = 0; count < times; count++) {
        clock.advance(1000);
        await diskWatch.look();
      }
    },
  };
  const process = {
    kill: (reason: string) => Promise.resolve(void scene.events.push(`killed: ${reason}`)),
  };
  const diskWatch = new DiskWatch({
    running: () => [process],
    readSpace: () => Promise.resolve({ freeBytes: scene.freeBytes, totalBytes: 100 * GIB }),
    judge: (space: DiskSpace | undefined) => judgeSpace(space, "/data"),
    measure: () => Promise.resolve((scene.events.push("measured"), scene.onMeasure())),
    onLow: () => Promise.resolve(void scene.events.push("told")),
    clock,
  });
  return scene;
}

Deno.test("folders are measured twice a minute, and at once when the disk lost space", async () => {
  const scene = watch();
  await scene.look(30);
  assert.deepEqual(scene.events, ["measured"]);
  await scene.look();
  assert.deepEqual(scene.events, ["measured", "measured"]);
  await scene.look(5);
  scene.freeBytes -= 100 * 1024 * 1024;
  await scene.look(5);
  assert.equal(scene.events.length, 3);
  // Little by little is a loss too, against the most that there was.
  for (let count = 0; count < 7; count++) {
    scene.freeBytes -= 10 * 1024 * 1024;
    await scene.look();
  }
  assert.equal(scene.events.length, 4);
});

Deno.test("a disk that loses space all the time is not measured all the time", async () => {
  const scene = watch();
  scene.onMeasure = () => scene.clock.advance(3000);
  for (let count = 0; count < 27; count++) {
    scene.freeBytes -= GIB / 2;
    await scene.look();
  }
  assert.deepEqual(scene.events, ["measured"]);
  scene.freeBytes -= GIB;
  await scene.look(2);
  assert.equal(scene.events.length, 2);
});

Deno.test("on a disk that is nearly full no plugin goes on, unless one was to blame", async () => {
  const scene = watch();
  await scene.look();
  scene.freeBytes = GIB / 2;
  // Whoever held too much is ended by this.
  scene.onMeasure = () => scene.freeBytes = 50 * GIB;
  await scene.look();
  assert.deepEqual(scene.events, ["measured", "measured"]);
  scene.freeBytes = GIB / 2;
  scene.onMeasure = () => {};
  await scene.look();
  assert.equal(scene.events[2], "measured");
  assert.match(scene.events[3] ?? "", /^killed: The disk .*"\/data", has 512 MiB left.*1024: free/);
  assert.equal(scene.events[4], "told");
});

Deno.test("on a disk that is as good as full nobody is measured before all are ended", async () => {
  const scene = watch();
  await scene.look();
  scene.freeBytes = GIB / 4;
  await scene.look();
  assert.deepEqual(scene.events.map((it) => it.split(":")[0]), ["measured", "killed", "told"]);
});

Deno.test("a small disk keeps a twentieth", () => {
  const space = (free: number) => ({ freeBytes: free * GIB, totalBytes: 10 * GIB });
  assert.equal(judgeSpace(space(0.51), "/data"), undefined);
  assert.match(judgeSpace(space(0.49), "/data")?.reason ?? "", /has 502 MiB left/);
  assert.equal(judgeSpace(undefined, "/data"), undefined);
});
