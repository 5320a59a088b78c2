/** Memory, files and disk that a plugin uses up. */
import assert from "node:assert/strict";
import { answers, fails } from "../outcome.ts";
import { EVERYWHERE, type HostileCase, NODE, PYTHON } from "../hostile_case.ts";

/** The watchdog looks every second or two, and ends what it finds; filling memory takes the rest. */
const WATCHDOG_MS = 90_000;
/** Of calls that the watchdog ends long before. */
const WATCHED_SECONDS = 120;

/** It may have been ended in the middle of the writing. */
const TOO_FULL = /not started: its data folder holds (25[6-9]|2[6-9]\d|300) MiB, and the limit/;

export const resourceCases: readonly HostileCase[] = [
  {
    name: "fills its heap",
    holds: EVERYWHERE,
    timeoutSeconds: WATCHED_SECONDS,
    program: {
      call: async (it) => {
        const kept: unknown[] = [];
        // Far beyond the limit, and still bounded where nothing holds it.
        while (kept.length < 700) {
          kept.push(Array.from({ length: 100_000 }, (_, n) => n + kept.length * 1.5));
          await it.wait(2);
        }
        await it.wait(20_000);
        return it.answer("kept");
      },
    },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_crashed", /./, WATCHDOG_MS);
      await trial.isBlamedFor("crashed");
    },
  },
  {
    name: "fills memory outside of its heap",
    holds: EVERYWHERE,
    timeoutSeconds: WATCHED_SECONDS,
    program: {
      call: async (it) => {
        const kept: Uint8Array[] = [];
        while (kept.length < 600) {
          kept.push(new Uint8Array(1024 * 1024).fill(1));
          if (kept.length % 10 === 0) await it.wait(10);
        }
        await it.wait(20_000);
        return it.answer("kept");
      },
    },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_crashed", /memory/i, WATCHDOG_MS);
      await trial.isBlamedFor("crashed", /memory/i);
    },
  },
  {
    name: "fills memory by several processes, none of which has much",
    holds: PYTHON,
    timeoutSeconds: WATCHED_SECONDS,
    program: {
      python: `
import os, time
def call(it):
    for _ in range(4):
        if os.fork() == 0:
            kept = bytearray(b"x") * (100 * 1024 * 1024)
            time.sleep(600)
            os._exit(len(kept))
    time.sleep(100)
    return it.answer("kept")
`,
    },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_crashed", /memory/i, WATCHDOG_MS);
    },
  },
  {
    // The folder is measured twice a minute.
    name: "fills its data folder",
    holds: NODE,
    timeoutSeconds: 180,
    program: {
      call: async (it) => {
        if (it.params.query === "fine") return it.answer("fine");
        const { writeFileSync } = await import("node:fs");
        const part = new Uint8Array(30 * 1024 * 1024).fill(1);
        for (let n = 0; n < 10; n++) {
          writeFileSync(`${it.session.initialized.dataDir}/part-${n}`, part);
          await it.wait(10);
        }
      },
    },
    promise: async (trial) => {
      fails(await trial.call("fill"), "plugin_crashed", /data folder holds/, 150_000);
      fails(await trial.call("fine"), "plugin_off", TOO_FULL);
      await trial.isBlamedFor("data_folder_full");
      await trial.emptyData();
      answers(await trial.call("fine"));
    },
  },
  {
    // Deno keeps it out of the plugin's reach, and needs no permission for it.
    name: "fills the cache of its runtime",
    holds: { deno: [2] },
    timeoutSeconds: 180,
    program: {
      call: async (it) => {
        if (it.params.query === "fine") return it.answer("fine");
        const part = new Uint8Array(30 * 1024 * 1024).fill(1);
        const cache = await globalThis.caches.open("full");
        for (let n = 0; n < 10; n++) {
          await cache.put(`https://example.org/${n}`, new Response(part));
          await it.wait(10);
        }
      },
    },
    promise: async (trial) => {
      fails(await trial.call("fill"), "plugin_crashed", /data folder holds/, 150_000);
      answers(await trial.call("fine"));
      assert.equal((await trial.dataUse()).totalBytes, 0);
    },
  },
  {
    name: "fills its data folder under names that are no text",
    holds: PYTHON,
    program: {
      python: `
import os
def call(it):
    os.chdir(it.initialized["dataDir"])
    if not os.path.exists(b"\\xff"):
        os.mkdir(b"\\xff")
        for n in range(9):
            with open(b"\\xff/%d\\xfe" % n, "wb") as part:
                os.posix_fallocate(part.fileno(), 0, 30 * 1024 * 1024)
    return it.answer("fine")
`,
    },
    promise: async (trial) => {
      const outcome = await trial.call();
      // The look at all folders may come before its answer.
      if (outcome.text === undefined) fails(outcome, "plugin_crashed", /data folder holds/);
      await trial.turnOff();
      await trial.logHolds(/its data folder holds \d+ MiB/);
      await trial.turnOn();
      fails(await trial.call(), "plugin_off", TOO_FULL);
      await trial.emptyData();
    },
  },
  {
    name: "makes its data folder unfit for its next start",
    holds: { ...NODE, deno: [3] },
    program: {
      call: async (it) => {
        const { chmodSync, rmSync, symlinkSync, writeFileSync } = await import("node:fs");
        const { dataDir } = it.session.initialized;
        for (const name of ["home", "tmp"]) rmSync(`${dataDir}/${name}`, { recursive: true });
        writeFileSync(`${dataDir}/home`, "no folder");
        if (typeof Deno === "undefined") symlinkSync("/nonexistent", `${dataDir}/tmp`);
        chmodSync(dataDir, 0);
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      for (let round = 0; round < 2; round++) {
        answers(await trial.call());
        await trial.turnOff();
        await trial.turnOn();
      }
      await trial.emptyData();
    },
  },
  {
    // Deeper than any path leads, and than a program goes down by recursion.
    name: "nests folders in its data folder",
    holds: PYTHON,
    timeoutSeconds: 120,
    program: {
      python: `
import os
def call(it):
    os.chdir(it.initialized["dataDir"])
    for _ in range(20000):
        os.mkdir("deep")
        os.chdir("deep")
    return it.answer("fine")
`,
    },
    promise: async (trial) => {
      answers(await trial.call(), "fine", 120_000);
      assert.ok((await trial.dataUse()).totalBytes > 0);
      await trial.emptyData();
      assert.equal((await trial.dataUse()).totalBytes, 0);
    },
  },
  {
    name: "opens as many files as it can",
    holds: NODE,
    timeoutSeconds: 60,
    program: {
      call: async (it) => {
        const { openSync } = await import("node:fs");
        try {
          for (let count = 0; count < 200_000; count++) openSync("/dev/null", "r");
        } catch {
          // There are no more to be had.
        }
        return it.answer("fine");
      },
    },
    promise: async (trial) => answers(await trial.call(), "fine", 60_000),
  },
];
