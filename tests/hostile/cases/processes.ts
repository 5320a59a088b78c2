/** Processes that a plugin starts, and what it lets them do. */
import { answers, fails, timesOut } from "../outcome.ts";
import { type HostileCase, NODE, PYTHON } from "../hostile_case.ts";

export const processCases: readonly HostileCase[] = [
  {
    name: "starts a child that outlives it",
    holds: NODE,
    program: {
      call: async (it) => {
        await it.spawn("setInterval(() => {}, 1000)");
        it.exit(0);
      },
    },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_crashed", /exited with code 0/);
      await trial.isGone();
    },
  },
  {
    name: "starts a child that holds its pipes open",
    holds: NODE,
    program: {
      call: async (it) => {
        await it.spawn("setInterval(() => {}, 1000)", { stdio: "inherit" });
        it.exit(7);
      },
    },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_crashed", /exited with code 7/);
      await trial.isGone();
    },
  },
  {
    name: "starts a child that goes on writing to its output",
    holds: NODE,
    program: {
      call: async (it) => {
        const answer = { jsonrpc: "2.0", id: Number(it.id) + 1, result: it.answer("forged") };
        const line = JSON.stringify(JSON.stringify(answer) + "\n");
        await it.spawn(`setInterval(() => process.stdout.write(${line}), 10)`, {
          stdio: "inherit",
        });
        return it.answer("fine");
      },
    },
    // Whatever has the pipe speaks for the plugin: it harms nobody else.
    promise: async (trial) => {
      answers(await trial.call());
      answers(await trial.call(), /^(fine|forged)$/);
    },
  },
  {
    name: "starts a grandchild and ends its parent",
    holds: NODE,
    program: {
      call: async (it) => {
        const inner = JSON.stringify("setInterval(() => {}, 1000)");
        const name = JSON.stringify(it.name);
        await it.spawn(
          `require("node:child_process").spawn(process.execPath, ["-e", ${inner}, ${name}], ` +
            `{ stdio: "ignore" }).unref(); process.exit(0)`,
        );
        await it.wait(300);
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      answers(await trial.call());
      await trial.turnOff();
      await trial.isGone();
    },
  },
  {
    // It leaves the group, so that only a PID namespace ends it.
    name: "starts a child in a session of its own",
    holds: { node: [3] },
    program: {
      call: async (it) => {
        await it.spawn("setInterval(() => {}, 1000)", { detached: true });
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      answers(await trial.call());
      await trial.turnOff();
      await trial.isGone();
    },
  },
  {
    name: "forks into a session of its own and exits",
    holds: { python: [3] },
    program: {
      python: `
import os, sys, time
def call(it):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
    os._exit(0)
`,
    },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_crashed");
      await trial.isGone();
    },
  },
  {
    name: "forks forty children that hold its pipes",
    holds: PYTHON,
    program: {
      python: `
import os, time
def call(it):
    for _ in range(40):
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
    return it.answer("fine")
`,
    },
    promise: async (trial) => {
      answers(await trial.call());
      await trial.turnOff();
      await trial.isGone();
    },
  },
  {
    name: "forks two hundred children without a sandbox",
    holds: { python: [1] },
    timeoutSeconds: 120,
    program: {
      python: `
import os, time
def call(it):
    for _ in range(200):
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
    time.sleep(100)
    return it.answer("fine")
`,
    },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_crashed", /processes|memory/, 90_000);
      await trial.isGone();
    },
  },
  {
    name: "is a fork bomb",
    holds: { python: [3] },
    timeoutSeconds: 2,
    program: {
      python: `
import os
def call(it):
    while True:
        try:
            os.fork()
        except OSError:
            pass
`,
    },
    promise: async (trial) => {
      const outcome = await trial.call();
      // What it is ended for first: its memory, or that it doesn't answer.
      if (outcome.problem?.code === "deadline_exceeded") timesOut(outcome, 2);
      else fails(outcome, "plugin_crashed", /memory/);
      await trial.turnOff();
      await trial.isGone();
    },
  },
  {
    name: "loops without end",
    holds: { node: [1, 3], deno: [2] },
    timeoutSeconds: 1,
    program: {
      call: () => {
        for (;;);
      },
    },
    promise: async (trial) => timesOut(await trial.call()),
  },
  {
    name: "loops without end in four processes",
    holds: PYTHON,
    timeoutSeconds: 1,
    program: {
      python: `
import os
def call(it):
    for _ in range(3):
        if os.fork() == 0:
            break
    while True:
        pass
`,
    },
    promise: async (trial) => timesOut(await trial.call()),
  },
  {
    name: "blocks in an expression that never ends",
    holds: { node: [1, 3], deno: [2] },
    timeoutSeconds: 1,
    program: { call: () => /^(a+)+$/.test("a".repeat(40) + "!") },
    promise: async (trial) => timesOut(await trial.call()),
  },
];
