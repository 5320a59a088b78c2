/** Disk that no walk through folders finds. */
import { answers, fails } from "../outcome.ts";
import { type HostileCase, PYTHON } from "../hostile_case.ts";

/** The host looks each second at what is left of the disk, and measures when that has shrunk. */
const WATCHED_MS = 60_000;

export const unlinkedFileCases: readonly HostileCase[] = [
  {
    name: "fills the disk with files that have no name",
    holds: PYTHON,
    timeoutSeconds: 120,
    program: {
      python: `
import os, time
def call(it):
    if it.params["query"] == "fine":
        return it.answer("fine")
    kept = []
    for n in range(15):
        path = "%s/%d" % (it.initialized["dataDir"], n)
        kept.append(os.open(path, os.O_RDWR | os.O_CREAT))
        os.unlink(path)
        os.posix_fallocate(kept[-1], 0, 100 * 1024 * 1024)
        time.sleep(0.2)
    time.sleep(60)
    return it.answer("kept %d" % len(kept))
`,
    },
    promise: async (trial) => {
      fails(await trial.call("fill"), "plugin_crashed", /data folder holds \d+ MiB/, WATCHED_MS);
      await trial.isBlamedFor("crashed", /data folder holds/);
      // What had no name went with the process.
      answers(await trial.call("fine"));
    },
  },
  {
    // SQLite makes them itself, in /var/tmp: Deno asks for no permission.
    name: "fills the disk with a database's temporary files",
    holds: { deno: [2, 3] },
    timeoutSeconds: 120,
    program: {
      call: async (it) => {
        if (it.params.query === "fine") return it.answer("fine");
        const { DatabaseSync } = await import("node:sqlite");
        const database = new DatabaseSync(":memory:");
        database.exec("PRAGMA temp_store = FILE; CREATE TEMP TABLE kept (bytes)");
        const parts = it.params.query === "some" ? 5 : 80;
        for (let n = 0; n < parts; n++) {
          database.exec("INSERT INTO kept VALUES (zeroblob(8000000))");
          await it.wait(20);
        }
        Object.assign(globalThis, { kept: database });
        if (parts === 80) await it.wait(60_000);
        return it.answer("kept");
      },
    },
    promise: async (trial) => {
      answers(await trial.call("some"), "kept");
      await trial.showsUnlinked(20_000_000);
      // In a sandbox no file may be so large as this one.
      const reason = trial.level === 3 ? /SIGXFSZ|data folder holds/ : /data folder holds \d+ MiB/;
      fails(await trial.call("fill"), "plugin_crashed", reason, WATCHED_MS);
      await trial.isBlamedFor("crashed", reason);
      answers(await trial.call("fine"));
    },
  },
  {
    name: "maps a file that has no name, and closes it",
    // Mapped files of others may be looked at by root alone; less than the limit harms nobody.
    holds: PYTHON,
    program: {
      python: `
import mmap, os
kept = []
def call(it):
    path = it.initialized["dataDir"] + "/mapped"
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    os.unlink(path)
    os.write(file, b"x" * 20_000_000)
    kept.append(mmap.mmap(file, 20_000_000))
    os.close(file)
    return it.answer("fine")
`,
    },
    promise: async (trial) => {
      answers(await trial.call());
      // The kernel lets root alone look at what others have mapped.
      if (Deno.uid() === 0) await trial.showsUnlinked(20_000_000);
    },
  },
];
