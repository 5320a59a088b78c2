/**
 * Memory that no process owns, and so no look at processes finds, and time that is nobody's any
 * more.
 */
import assert from "node:assert/strict";
import { answers, fails } from "../outcome.ts";
import { type HostileCase, PYTHON } from "../hostile_case.ts";
import type { Trial } from "../trial.ts";

/** The host looks every second or two; filling memory takes the rest. */
const WATCHDOG_MS = 90_000;
/** Of calls that are ended long before. */
const WATCHED_SECONDS = 120;
/**
 * A plugin may work for half a minute with nothing asked of it; it is found later where others work
 * too.
 */
const IDLE_CPU_MS_MAX = 240_000;

/**
 * Where control groups are in use; without them nothing but the number of sockets bounds their
 * buffers.
 */
async function isHeldByKernel(trial: Trial): Promise<boolean> {
  return /the kernel holds memory/.test((await trial.view()).isolation.reason);
}

export const unownedMemoryCases: readonly HostileCase[] = [
  {
    // In a sandbox there are none; without one, only the kernel can tell whose they are.
    name: "fills memory with files that are in no folder",
    holds: PYTHON,
    timeoutSeconds: WATCHED_SECONDS,
    program: {
      python: `
import os
def call(it):
    mib, part = 0, b"x" * 1048576
    try:
        file = os.memfd_create("kept")
        while mib < 700:
            mib += os.write(file, part) // 1048576
    except OSError:
        pass
    return it.answer("kept %d MiB" % mib)
`,
    },
    promise: async (trial) => {
      const outcome = await trial.call();
      if (trial.level === 3) answers(outcome, /^kept 0 MiB$/, WATCHDOG_MS);
      else if (await isHeldByKernel(trial)) {
        fails(outcome, "plugin_crashed", /took more memory than its limit/, WATCHDOG_MS);
        await trial.isBlamedFor("crashed", /took more memory than its limit of \d+ MiB/);
      } else answers(outcome, /^kept/, WATCHDOG_MS);
    },
  },
  {
    name: "fills memory with the buffers of sockets",
    holds: PYTHON,
    timeoutSeconds: WATCHED_SECONDS,
    program: {
      python: `
import socket
def call(it):
    kept, bytes_kept, part = [], 0, b"x" * 65536
    try:
        while bytes_kept < 700 * 1024 * 1024:
            pair = socket.socketpair()
            kept.append(pair)
            for end in pair:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * 1024 * 1024)
                end.setblocking(False)
                try:
                    while bytes_kept < 700 * 1024 * 1024:
                        bytes_kept += end.send(part)
                except BlockingIOError:
                    pass
    except OSError:
        pass
    return it.answer("kept %d MiB" % (bytes_kept // 1048576))
`,
    },
    promise: async (trial) => {
      const outcome = await trial.call();
      if (await isHeldByKernel(trial)) {
        fails(outcome, "plugin_crashed", /took more memory than its limit/, WATCHDOG_MS);
        await trial.isBlamedFor("crashed", /took more memory than its limit of \d+ MiB/);
      } else answers(outcome, /^kept/, WATCHDOG_MS);
    },
  },
  {
    name: "fills memory with the tables of a mapping that it only reads",
    holds: PYTHON,
    timeoutSeconds: WATCHED_SECONDS,
    program: {
      python: `
import mmap, time
def call(it):
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000
    size = 300 * 1024 ** 3
    kept = mmap.mmap(-1, size, flags=flags, prot=mmap.PROT_READ)
    for place in range(0, size, 2 * 1024 ** 2):
        kept[place]
    time.sleep(60)
    return it.answer("kept")
`,
    },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_crashed", /memory/, WATCHDOG_MS);
      await trial.isBlamedFor("crashed", /memory/);
    },
  },
  {
    name: "fills memory with empty files",
    holds: { python: [3] },
    program: {
      python: `
import os
def call(it):
    count = 0
    for folder in ("/tmp", "/dev/shm"):
        try:
            while count < 300000:
                os.close(os.open("%s/%d" % (folder, count), os.O_CREAT))
                count += 1
        except OSError:
            pass
    return it.answer("fine" if count < 10000 else "made %d files" % count)
`,
    },
    promise: async (trial) => answers(await trial.call()),
  },
  {
    name: "fills memory with locks on files",
    holds: { python: [3] },
    timeoutSeconds: WATCHED_SECONDS,
    program: {
      python: `
import fcntl, os, time
def call(it):
    for number in range(1000):
        file = os.open("/tmp/%d" % (number % 200), os.O_CREAT | os.O_RDWR)
        for place in range(1000):
            fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * (1000 * (number // 200) + place))
        if number % 200 == 199:
            time.sleep(1)
    time.sleep(60)
    return it.answer("kept")
`,
    },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_crashed", /locks on files/, WATCHDOG_MS);
      await trial.isBlamedFor("crashed", /locks on files/);
    },
  },
  {
    // One after the other, none of which lives until the host looks.
    name: "burns time in children that live for a moment",
    holds: PYTHON,
    program: {
      python: `
import os, threading, time
def burn():
    while True:
        child = os.fork()
        if child == 0:
            end = time.process_time() + 0.2
            while time.process_time() < end:
                pass
            os._exit(0)
        os.waitpid(child, 0)

def call(it):
    # Several, as a busy machine gives one of them little.
    for _ in range(12):
        threading.Thread(target=burn, daemon=True).start()
    return it.answer("fine")
`,
    },
    promise: async (trial) => {
      answers(await trial.call());
      const reason = /s of CPU time .* with nothing asked of it/;
      await trial.isBlamedFor("crashed", reason, IDLE_CPU_MS_MAX);
      assert.deepEqual(await trial.processes(), []);
    },
  },
];
