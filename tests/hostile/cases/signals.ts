/** What a plugin does to other processes than its own. */
import { answers, isThwarted } from "../outcome.ts";
import type { HostileCase } from "../hostile_case.ts";

export const signalCases: readonly HostileCase[] = [
  {
    name: "looks for processes to send signals to",
    holds: { python: [3] },
    program: {
      python: `
import os
def call(it):
    reached = 0
    for pid in range(1, 70000):
        try:
            os.kill(pid, 0)
            reached += 1
        except ProcessLookupError:
            pass
        except PermissionError:
            reached += 1
    return it.answer("own" if reached < 10 else str(reached))
`,
    },
    promise: async (trial) => answers(await trial.call(), "own"),
  },
  {
    name: "kills every process that it can",
    holds: { python: [3] },
    program: {
      python: `
import os, signal
def call(it):
    try:
        os.kill(-1, signal.SIGKILL)
    except OSError:
        pass
    return it.answer("fine")
`,
    },
    promise: async (trial) => {
      await trial.call();
      await trial.turnOff();
      await trial.isGone();
    },
  },
  {
    name: "attaches to the host as a debugger",
    holds: { python: [3] },
    config: (arena) => ({ pid: String(arena.hostPid) }),
    program: {
      python: `
import ctypes
def call(it):
    libc = ctypes.CDLL(None, use_errno=True)
    pid = int(it.initialized["adminConfig"]["pid"])
    attached = libc.ptrace(16, pid, None, None)
    if attached == 0:
        libc.ptrace(17, pid, None, None)
    return it.answer("attached" if attached == 0 else "refused")
`,
    },
    promise: async (trial) => answers(await trial.call(), "refused"),
  },
  {
    name: "sends a signal to the host from Deno",
    holds: { deno: [2, 3] },
    config: (arena) => ({ pid: String(arena.hostPid) }),
    program: {
      attempt: async (it) => {
        const pid = Number(it.session.initialized.adminConfig.pid);
        const { default: process } = await import("node:process");
        const tries = [() => Deno.kill(pid, "SIGCONT"), () => process.kill(pid, "SIGCONT")];
        for (const attempt of tries) {
          try {
            attempt();
            return "sent";
          } catch {
            // The next way.
          }
        }
        throw new Error("Every way was refused");
      },
    },
    promise: async (trial) => isThwarted(await trial.call()),
  },
  {
    name: "starts a program from Deno",
    holds: { deno: [2, 3] },
    program: {
      attempt: async () => {
        const tries = [
          () => new Deno.Command("/bin/id").outputSync().code,
          async () => (await import("node:child_process")).execSync("id"),
          async () => (await import("node:cluster")).default.fork().id,
          () => Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }),
        ];
        for (const attempt of tries) {
          try {
            return await attempt();
          } catch {
            // The next way.
          }
        }
        throw new Error("Every way was refused");
      },
    },
    promise: async (trial) => isThwarted(await trial.call()),
  },
];
