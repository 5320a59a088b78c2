/** A process that ends, hangs or refuses to end at the wrong moment. */
import assert from "node:assert/strict";
import { answers, AT_ONCE_MS, fails, refuses, timesOut } from "../outcome.ts";
import { EVERYWHERE, type HostileCase, NODE } from "../hostile_case.ts";
import type { Trial } from "../trial.ts";

/** protocol.md "Lifecycle": `shutdown`, end of stdin, SIGTERM and SIGKILL, 2 s between each. */
const LADDER_MS = 6000;
/** Without a pong after a missed deadline a plugin hangs. */
const PONG_MS = 5000;

/** A closed pipe ends the process at once; in a sandbox bwrap holds it open, and only the deadline tells. */
async function hasClosed(trial: Trial, detail: RegExp): Promise<void> {
  const outcome = await trial.call();
  if (trial.level === 3) return timesOut(outcome, 2);
  fails(outcome, "plugin_off", detail);
  await trial.isGone();
}

/** It misses a deadline, answers no ping, is ended, and the next call starts it again. */
async function isEndedAsHung(trial: Trial): Promise<void> {
  timesOut(await trial.call("hang"));
  await trial.isGone(PONG_MS + AT_ONCE_MS);
  answers(await trial.call("fine"));
}

export const lifeCases: readonly HostileCase[] = [
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
      const third = await trial.call();
      fails(third, "plugin_off", /starts again in/);
      assert.ok(Number(third.problem?.retryAfter) >= 1);
      await trial.isBlamedFor("crashed");
    },
  },
  {
    name: "exits with other calls under way",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        if (it.params.query !== "exit") return;
        await it.wait(100);
        it.exit(6);
      },
    },
    promise: async (trial) => {
      const queries = ["one", "two", "three", "four", "exit"];
      for (const outcome of await Promise.all(queries.map((query) => trial.call(query)))) {
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
        await trial.isGone();
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
  {
    name: "never answers its initialize",
    holds: EVERYWHERE,
    timeoutSeconds: 1,
    program: { initialize: () => {} },
    promise: async (trial) => {
      // The start of another plugin doesn't wait for this one.
      const [outcome, other] = await Promise.all([trial.call(), trial.arena.testBystander()]);
      timesOut(outcome);
      assert.ok(other.success, other.message);
      assert.ok(other.latencyMs < AT_ONCE_MS);
      await trial.isBlamedFor("timeout");
    },
  },
  {
    name: "refuses its initialize",
    holds: EVERYWHERE,
    program: {
      initialize: (it) => it.send({ id: it.id, error: { code: -32005, message: "Not like this" } }),
    },
    promise: async (trial) => refuses(await trial.call(), -32005, /Not like this/),
  },
  {
    name: "calls itself by another plugin's name",
    holds: EVERYWHERE,
    program: { initialize: (it) => ({ ...it.manifest, name: "metadata-echo" }) },
    promise: async (trial) => fails(await trial.call(), "plugin_failed", /"metadata-echo" is not/),
  },
  {
    name: "speaks a protocol of the next major version",
    holds: EVERYWHERE,
    program: { initialize: (it) => ({ ...it.manifest, protocolVersion: "2.0" }) },
    promise: async (trial) => fails(await trial.call(), "plugin_failed", /version 2\.0/),
  },
  {
    name: "answers its initialize with no manifest",
    holds: EVERYWHERE,
    program: { initialize: () => [["not", "a", "manifest"]] },
    promise: async (trial) => fails(await trial.call(), "plugin_failed", /manifest is not valid/),
  },
  {
    name: "asks for more once it was granted",
    holds: EVERYWHERE,
    program: {
      initialize: (it) => ({
        ...it.manifest,
        capabilities: { metadataProvider: ["series", "book"] },
        permissions: ["metadata:write:*"],
        network: ["*"],
      }),
    },
    promise: async (trial) => {
      answers(await trial.call());
      await trial.isInState("needs_approval");
      const { network, permissions } = await trial.view();
      assert.deepEqual(network, []);
      assert.ok(!permissions.includes("metadata:write:*"));
    },
  },
  {
    name: "brings a manifest of 3 MB",
    holds: EVERYWHERE,
    isHeavy: true,
    program: {
      initialize: (it) => ({ ...it.manifest, description: "More and more. ".repeat(200_000) }),
    },
    promise: async (trial) => answers(await trial.call()),
  },
  {
    name: "never answers a call",
    holds: EVERYWHERE,
    timeoutSeconds: 1,
    program: {
      call: (it) => it.session.cancelled && it.answer(`cancelled ${it.session.cancelled}`),
      cancel: (it) => {
        it.session.cancelled = it.params.id;
      },
    },
    promise: async (trial) => {
      timesOut(await trial.call());
      await trial.isBlamedFor("timeout");
      // It was told, and being slow it is not ended: the same process answers.
      answers(await trial.call(), /^cancelled \d+$/);
    },
  },
  {
    name: "answers after the deadline",
    holds: EVERYWHERE,
    timeoutSeconds: 1,
    program: {
      call: async (it) => {
        const isFirst = it.session.called === undefined;
        it.session.called = true;
        if (isFirst) await it.wait(1200);
        return it.answer(isFirst ? "late" : "fine");
      },
    },
    promise: async (trial) => {
      timesOut(await trial.call());
      await new Promise((resolve) => setTimeout(resolve, 400));
      answers(await trial.call());
    },
  },
  {
    name: "answers a ping with another word",
    holds: EVERYWHERE,
    program: { ping: () => "pang" },
    promise: async (trial) => fails(await trial.ping(), "plugin_failed", /"ping" is not/),
  },
  {
    name: "never reads its input",
    holds: EVERYWHERE,
    isHeavy: true,
    timeoutSeconds: 2,
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
        if (outcome.problem?.code === "deadline_exceeded") timesOut(outcome, 2);
        else fails(outcome, "plugin_failed", /does not read its input/, 2000 + AT_ONCE_MS);
      }
      assert.ok(outcomes.some(({ problem }) => problem?.code === "plugin_failed"));
    },
  },
  {
    name: "closes its input",
    holds: NODE,
    timeoutSeconds: 2,
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
    timeoutSeconds: 2,
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
    timeoutSeconds: 2,
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
    name: "ignores its shutdown, the end of its input and SIGTERM",
    holds: EVERYWHERE,
    program: {
      initialize: async (it) => {
        if (typeof Deno !== "undefined") Deno.addSignalListener("SIGTERM", () => {});
        else (await import("node:process")).default.on("SIGTERM", () => {});
        return it.manifest;
      },
      shutdown: () => {},
      outlivesStdin: true,
    },
    promise: async (trial) => {
      answers(await trial.call());
      await trial.patch({ config: { armed: true, changed: true } });
      await trial.isGone(LADDER_MS + AT_ONCE_MS);
      answers(await trial.call());
    },
  },
  {
    name: "says that it shuts down, and does not",
    holds: EVERYWHERE,
    program: { shutdown: () => null, outlivesStdin: true },
    promise: async (trial) => {
      answers(await trial.call());
      await trial.patch({ config: { armed: true, changed: true } });
      await trial.isGone(LADDER_MS + AT_ONCE_MS);
    },
  },
  {
    name: "stops itself by SIGSTOP",
    holds: NODE,
    timeoutSeconds: 1,
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
    timeoutSeconds: 1,
    program: { call: (it) => it.params.query === "fine" ? it.answer("fine") : it.stopReading() },
    promise: isEndedAsHung,
  },
  {
    name: "never answers three hundred calls",
    holds: EVERYWHERE,
    timeoutSeconds: 1,
    program: { call: () => {} },
    promise: async (trial) => {
      const outcomes = await Promise.all(Array.from({ length: 300 }, () => trial.call()));
      // Some reach it, the rest wait for their turn as long as they may, or find no place to wait.
      const [reached, refused] = ["deadline_exceeded", "no_capacity"].map((code) =>
        outcomes.filter(({ problem }) => problem?.code === code)
      );
      assert.equal(reached!.length + refused!.length, outcomes.length);
      assert.ok(refused!.length >= 12 && reached!.length >= 32);
      for (const { problem } of refused!) assert.ok(Number(problem?.retryAfter) > 0);
      for (const { elapsedMs } of outcomes) {
        assert.ok(elapsedMs < 1000 + AT_ONCE_MS, `${elapsedMs}`);
      }
    },
  },
];
