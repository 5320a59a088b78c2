import assert from "node:assert/strict";
import { join } from "node:path";
import { withTestHost } from "../testing/test_host.ts";
import { ProcessRecords, signalGroup, startTimesByPs } from "./process_records.ts";
import { Starter } from "./starter.ts";

function sleeper(): Deno.ChildProcess {
  return new Deno.Command("sleep", { args: ["60"], detached: true }).spawn();
}

async function withRoot(body: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await body(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Lets a host note a child and then be gone, as after kill -9 of it. */
async function recordByDeadHost(root: string, pid: number): Promise<string> {
  const host = sleeper();
  const records = new ProcessRecords(root, startTimesByPs, host.pid);
  const folder = await records.makeFolder();
  await records.add(pid, folder);
  signalGroup(host.pid, "SIGKILL");
  await host.status;
  return folder;
}

Deno.test("what a killed host left behind is ended at the next start", async () => {
  await withRoot(async (root) => {
    const child = sleeper();
    const folder = await recordByDeadHost(root, child.pid);
    const records = new ProcessRecords(root, startTimesByPs, Deno.pid);
    assert.equal(await records.reapLeftovers(), 1);
    assert.equal((await child.status).signal, "SIGKILL");
    await assert.rejects(Deno.stat(folder));
    assert.deepEqual(await Array.fromAsync(Deno.readDir(root)), []);
    assert.equal(await records.reapLeftovers(), 0);
  });
});

Deno.test("a start is noted when it is over, unless its process ended before", async () => {
  await withRoot(async (root) => {
    const child = sleeper();
    const records = new ProcessRecords(root, startTimesByPs, Deno.pid);
    const [brief, lasting] = [await records.makeFolder(), await records.makeFolder()];
    const briefly = records.addSoon(child.pid, brief);
    const lastingly = records.addSoon(child.pid, lasting);
    await briefly.remove();
    const path = `${lasting}.json`;
    while (!await Deno.stat(path).then(() => true, () => false)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(JSON.parse(await Deno.readTextFile(path)).pid, child.pid);
    await lastingly.remove();
    assert.deepEqual(await Array.fromAsync(Deno.readDir(root)), []);
    child.kill("SIGKILL");
    await child.status;
  });
});

Deno.test("a process whose children may outlive the host is noted at once", async () => {
  await withTestHost(async (host) => {
    let asked = 0;
    const records = new ProcessRecords(
      join(host.root, "noted"),
      (pids) => {
        asked++;
        return startTimesByPs(pids);
      },
      Deno.pid,
    );
    const dataRoot = join(host.root, "data");
    const starter = new Starter({ dataRoot, records, setprivPath: "/usr/bin/setpriv" });
    const controller = new AbortController();
    // Even if it is stopped before it is heard of.
    const timer = setTimeout(() => controller.abort(), 0);
    await starter.start(host.node(), controller.signal).then((it) => it.kill("Seen"), () => {});
    clearTimeout(timer);
    assert.ok(asked > 0);
    await starter.close();
  });
});

Deno.test("folders that nobody has noted are removed when they are old", async () => {
  await withRoot(async (root) => {
    const records = new ProcessRecords(root, startTimesByPs, Deno.pid);
    const [old, young] = [await records.makeFolder(), await records.makeFolder()];
    await Deno.utime(old, 0, 0);
    await records.reapLeftovers();
    await assert.rejects(Deno.stat(old), Deno.errors.NotFound);
    assert.ok((await Deno.stat(young)).isDirectory);
  });
});

Deno.test("children of a process that died with its host are ended too", async () => {
  await withRoot(async (root) => {
    const args = ["-c", "sleep 66 >/dev/null & echo forked; exec sleep 60 >/dev/null"];
    const child = new Deno.Command("sh", { args, detached: true, stdout: "piped" }).spawn();
    assert.equal(await new Response(child.stdout).text(), "forked\n");
    const folder = await recordByDeadHost(root, child.pid);
    child.kill("SIGKILL");
    await child.status;
    const records = new ProcessRecords(root, startTimesByPs, Deno.pid);
    const path = `${folder}.json`;
    const text = await Deno.readTextFile(path);
    // Noted before the machine was started again, it may be anybody's group by now.
    const before = { ...JSON.parse(text), startedAt: "Thu Jan  1 00:00:00 1970" };
    await Deno.writeTextFile(path, JSON.stringify(before));
    assert.equal(await records.reapLeftovers(), 0);
    await Deno.writeTextFile(path, text);
    assert.equal(await records.reapLeftovers(), 1);
    assert.equal(await records.reapLeftovers(), 0);
  });
});

Deno.test("processes of a host that lives are left alone", async () => {
  await withRoot(async (root) => {
    const child = sleeper();
    const living = new ProcessRecords(root, startTimesByPs, Deno.pid);
    await living.add(child.pid, await living.makeFolder());
    assert.equal(await new ProcessRecords(root, startTimesByPs, 1).reapLeftovers(), 0);
    assert.ok((await startTimesByPs([child.pid])).has(child.pid));
    signalGroup(child.pid, "SIGKILL");
    await child.status;
  });
});

Deno.test("a pid that was given out again is never signalled", async () => {
  await withRoot(async (root) => {
    const child = sleeper();
    const folder = await recordByDeadHost(root, child.pid);
    const record = JSON.parse(await Deno.readTextFile(`${folder}.json`));
    record.startedAt = "Thu Jan  1 00:00:00 1970";
    await Deno.writeTextFile(`${folder}.json`, JSON.stringify(record));
    const records = new ProcessRecords(root, startTimesByPs, Deno.pid);
    assert.equal(await records.reapLeftovers(), 0);
    assert.ok((await startTimesByPs([child.pid])).has(child.pid));
    signalGroup(child.pid, "SIGKILL");
    await child.status;
  });
});

Deno.test("damaged records are removed and name no folder but their own", async () => {
  await withRoot(async (root) => {
    const precious = await Deno.makeTempDir();
    await Deno.writeTextFile(join(root, "process-a.json"), "{");
    const named = { hostPid: 999999, hostStartedAt: "x", pid: 999998, startedAt: "x" };
    await Deno.writeTextFile(
      join(root, "process-b.json"),
      JSON.stringify({ ...named, folder: precious }),
    );
    await new ProcessRecords(root, startTimesByPs, Deno.pid).reapLeftovers();
    assert.deepEqual(await Array.fromAsync(Deno.readDir(root)), []);
    assert.ok((await Deno.stat(precious)).isDirectory);
    await Deno.remove(precious);
  });
});
