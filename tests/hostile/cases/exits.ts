/** A process that ends at the wrong moment. */
import assert from "node:assert/strict";
import { answers, AT_ONCE_MS, fails, timesOut } from "../outcome.ts";
import { EVERYWHERE, type HostileCase, NODE } from "../hostile_case.ts";

export const exitCases: readonly HostileCase[] = [
  {
    name: "exits before it reads anything",
    holds: EVERYWHERE,
    isUngrantable: true,
    program: {
      start: async (it) => {
        await it.complain("No license found\n");
        it.exit(3);
      },
    },
    promise: async (trial) => {
      const { success, message, latencyMs } = await trial.test();
      assert.equal(success, false);
      assert.match(message, /exited with code 3.*No license found/);
      assert.ok(latencyMs < AT_ONCE_MS);
      fails(await trial.call(), "not_granted");
    },
  },
  {
    name: "exits when it is initialized",
    holds: EVERYWHERE,
    program: { initialize: (it) => it.exit(4) },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_crashed", /exited with code 4/);
      await trial.isBlamedFor("crashed");
    },
  },
  {
    name: "exits in every call",
    holds: EVERYWHERE,
    program: { call: (it) => it.exit(5) },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_crashed", /exited with code 5/);
      fails(await trial.call(), "plugin_crashed", /exited with code 5/);
      // The first wait takes a second, each next one twice as long: a slow machine may miss some.
      let refused = await trial.call();
      for (let missed = 0; missed < 4 && refused.problem?.code === "plugin_crashed"; missed++) {
        refused = await trial.call();
      }
      fails(refused, "plugin_off", /starts again in/);
      assert.ok(Number(refused.problem?.retryAfter) >= 1);
      await trial.isBlamedFor("crashed");
    },
  },
  {
    name: "exits when it is pinged",
    holds: EVERYWHERE,
    program: { ping: (it) => it.exit(8) },
    promise: async (trial) => {
      answers(await trial.call());
      fails(await trial.ping(), "plugin_crashed", /exited with code 8/);
      answers(await trial.call());
    },
  },
  {
    name: "exits when a call is cancelled",
    holds: EVERYWHERE,
    timeoutSeconds: 5,
    program: {
      call: (it) => it.params.query === "fine" ? it.answer("fine") : undefined,
      cancel: (it) => it.exit(9),
    },
    promise: async (trial) => {
      timesOut(await trial.call("slow"), 5);
      await trial.isInState("stopped");
      answers(await trial.call("fine"));
    },
  },
  {
    name: "exits with other calls under way",
    holds: EVERYWHERE,
    program: {
      call: (it) => {
        const calls = Number(it.session.calls ?? 0) + 1;
        it.session.calls = calls;
        if (calls === 5) it.exit(6);
      },
    },
    promise: async (trial) => {
      for (const outcome of await Promise.all(Array.from({ length: 5 }, () => trial.call()))) {
        fails(outcome, "plugin_crashed", /exited with code 6/);
      }
    },
  },
  {
    name: "exits after each answer",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        await it.reply(it.answer("fine"));
        it.exit(0);
      },
    },
    promise: async (trial) => {
      for (let round = 0; round < 2; round++) {
        answers(await trial.call());
        await trial.isInState("stopped");
      }
    },
  },
  {
    name: "exits without the end of its last line",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        await it.print(JSON.stringify({ jsonrpc: "2.0", id: it.id, result: it.answer("fine") }));
        it.exit(0);
      },
    },
    promise: async (trial) => answers(await trial.call()),
  },
  {
    name: "exits in the middle of its answer",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        const line = JSON.stringify({ jsonrpc: "2.0", id: it.id, result: it.answer("fine") });
        await it.print(line.slice(0, -5));
        it.exit(0);
      },
    },
    promise: async (trial) => fails(await trial.call(), "plugin_crashed", /exited with code 0/),
  },
  {
    name: "ends itself by a signal",
    holds: NODE,
    program: {
      call: () => process.kill(process.pid, "SIGSEGV"),
    },
    promise: async (trial) => fails(await trial.call(), "plugin_crashed", /SIGSEGV|code 139/),
  },
];
