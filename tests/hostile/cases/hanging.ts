/** A process that does not answer, or can not. */
import assert from "node:assert/strict";
import { answers, AT_ONCE_MS, fails, timesOut } from "../outcome.ts";
import { EVERYWHERE, type HostileCase, NODE } from "../hostile_case.ts";
import type { Trial } from "../trial.ts";

/** Without a pong after a missed deadline a plugin hangs. */
const PONG_MS = 5000;
/** Half the deadline of whoever left. */
const LEFT_MS = 60_000;
/** Of processes that have to start within it, or to answer the next call. */
const HANGING_SECONDS = 5;

/** A closed pipe ends the process at once, long before the deadline. */
async function hasClosed(trial: Trial, detail: RegExp): Promise<void> {
  fails(await trial.call(), "plugin_off", detail);
  await trial.isGone();
}

/** It misses a deadline, answers no ping, is ended, and the next call starts it again. */
async function isEndedAsHung(trial: Trial): Promise<void> {
  timesOut(await trial.call("hang"), HANGING_SECONDS);
  await trial.isGone(PONG_MS + AT_ONCE_MS);
  answers(await trial.call("fine"));
}

export const hangingCases: readonly HostileCase[] = [
  {
    name: "never answers a call",
    holds: EVERYWHERE,
    timeoutSeconds: HANGING_SECONDS,
    program: {
      call: (it) => it.session.cancelled && it.answer(`cancelled ${it.session.cancelled}`),
      cancel: (it) => {
        it.session.cancelled = it.params.id;
      },
    },
    promise: async (trial) => {
      timesOut(await trial.call(), HANGING_SECONDS);
      await trial.isBlamedFor("timeout");
      // It was told, and being slow it is not ended: the same process answers.
      answers(await trial.call(), /^cancelled \d+$/);
    },
  },
  {
    // The second call tells whether the first was cancelled, long before its deadline.
    name: "works on for a caller who has left",
    holds: EVERYWHERE,
    timeoutSeconds: 120,
    program: {
      call: async (it) => {
        if (it.params.query === "left") return await it.complain("It was asked\n");
        const deadline = Date.now() + 50_000;
        while (!it.session.cancelled && Date.now() < deadline) await it.wait(50);
        return it.answer(`cancelled ${it.session.cancelled}`);
      },
      cancel: (it) => {
        it.session.cancelled = it.params.id;
      },
    },
    promise: async (trial) => {
      assert.equal((await trial.ping()).error, undefined);
      await trial.callAndLeave("left", () => trial.logHolds(/^It was asked$/));
      answers(await trial.call("ask"), /^cancelled \d+$/, LEFT_MS);
    },
  },
  {
    name: "answers after the deadline",
    holds: EVERYWHERE,
    timeoutSeconds: HANGING_SECONDS,
    program: {
      call: async (it) => {
        const isFirst = it.session.called === undefined;
        it.session.called = true;
        if (!isFirst) return it.answer("fine");
        await it.wait(1000 * Number(it.session.initialized.requestTimeoutSeconds) + 200);
        await it.reply(it.answer("late"));
        await it.complain("It answered late\n");
      },
    },
    promise: async (trial) => {
      timesOut(await trial.call(), HANGING_SECONDS);
      await trial.logHolds(/^It answered late$/);
      answers(await trial.call());
    },
  },
  {
    name: "never reads its input",
    holds: EVERYWHERE,
    isHeavy: true,
    // So that all calls have come before it is ended for the first of them.
    timeoutSeconds: 10,
    program: {
      call: (it) => {
        it.stopReading();
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      answers(await trial.call());
      const long = "x".repeat(900_000);
      const outcomes = await Promise.all(Array.from({ length: 12 }, () => trial.call(long)));
      for (const outcome of outcomes) {
        if (outcome.problem?.code === "deadline_exceeded") timesOut(outcome, 10);
        else fails(outcome, "no_capacity", /does not read its input/, 10_000 + AT_ONCE_MS);
      }
      const refused = outcomes.filter(({ problem }) => problem?.code === "no_capacity");
      assert.ok(refused.length > 0);
      for (const { problem } of refused) assert.ok(Number(problem?.retryAfter) > 0);
      // A full queue is the host's refusal; what counts is the calls that got no answer.
      await trial.isNotBlamedFor("queue-full");
    },
  },
  {
    name: "closes its input",
    holds: NODE,
    program: {
      call: async (it) => {
        process.on("uncaughtException", () => {});
        (await import("node:fs")).closeSync(0);
        await it.reply(it.answer("fine"));
        await it.never();
      },
      outlivesStdin: true,
    },
    promise: async (trial) => {
      answers(await trial.call());
      await hasClosed(trial, /closed its stdin/);
    },
  },
  {
    name: "closes its output",
    holds: NODE,
    program: {
      call: async (it) => {
        (await import("node:fs")).closeSync(1);
        await it.never();
      },
    },
    promise: (trial) => hasClosed(trial, /closed its stdout/),
  },
  {
    name: "closes every pipe and lives on",
    holds: NODE,
    program: {
      call: async (it) => {
        process.on("uncaughtException", () => {});
        const { closeSync } = await import("node:fs");
        for (const fd of [2, 1, 0]) closeSync(fd);
        await it.never();
      },
      outlivesStdin: true,
    },
    promise: (trial) => hasClosed(trial, /closed its std/),
  },
  {
    name: "stops itself by SIGSTOP",
    holds: NODE,
    timeoutSeconds: HANGING_SECONDS,
    program: {
      call: (it) => {
        if (it.params.query === "fine") return it.answer("fine");
        process.kill(process.pid, "SIGSTOP");
      },
    },
    promise: isEndedAsHung,
  },
  {
    name: "does nothing any more after a call",
    holds: EVERYWHERE,
    timeoutSeconds: HANGING_SECONDS,
    program: { call: (it) => it.params.query === "fine" ? it.answer("fine") : it.stopReading() },
    promise: isEndedAsHung,
  },
  {
    name: "never answers three hundred calls",
    holds: EVERYWHERE,
    // All of them have come before the first deadline passes.
    timeoutSeconds: 10,
    program: { call: () => {} },
    promise: async (trial) => {
      const outcomes = await Promise.all(Array.from({ length: 300 }, () => trial.call()));
      // One user has half of what it takes at once; the rest wait for their turn, or find no place
      // to.
      const [reached, refused] = ["deadline_exceeded", "no_capacity"].map((code) =>
        outcomes.filter(({ problem }) => problem?.code === code)
      );
      assert.equal(reached!.length + refused!.length, outcomes.length);
      assert.ok(refused!.length >= 156 && reached!.length >= 16);
      for (const { problem } of refused!) assert.ok(Number(problem?.retryAfter) > 0);
      for (const { elapsedMs } of outcomes) {
        // One group after the other would take a minute and a half.
        assert.ok(elapsedMs < 60_000, `${elapsedMs}`);
      }
    },
  },
  {
    name: "works on its calls one by one and is sent eighty",
    holds: EVERYWHERE,
    timeoutSeconds: HANGING_SECONDS,
    program: {
      call: (it) => {
        for (const end = Date.now() + 200; Date.now() < end;);
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      const outcomes = await Promise.all(Array.from({ length: 80 }, () => trial.call()));
      const refused = outcomes.filter(({ problem }) => problem?.code === "no_capacity");
      assert.ok(refused.length > 0 && refused.length < outcomes.length);
      for (const { problem } of refused) assert.match(problem!.detail, /^You use half of what/);
      await trial.isNotBlamedFor("timeout");
    },
  },
];
