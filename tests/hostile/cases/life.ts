/** What a process says of itself at its start, and how it takes its end. */
import assert from "node:assert/strict";
import { answers, AT_ONCE_MS, fails, refuses, timesOut } from "../outcome.ts";
import { EVERYWHERE, type HostileCase } from "../hostile_case.ts";

/** protocol.md "Lifecycle": `shutdown`, end of stdin, SIGTERM and SIGKILL, 2 s between each. */
const LADDER_MS = 6000;

export const lifeCases: readonly HostileCase[] = [
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
    program: {
      initialize: (it) => ({ ...it.manifest, description: "More and more. ".repeat(200_000) }),
    },
    promise: async (trial) => fails(await trial.call(), "plugin_failed", /longer than 256 KiB/),
  },
  {
    name: "asks for ten thousand hosts",
    holds: EVERYWHERE,
    program: {
      initialize: (it) => ({
        ...it.manifest,
        network: Array.from({ length: 10_000 }, (_, n) => `host-${n}.example`),
      }),
    },
    promise: async (trial) => fails(await trial.call(), "plugin_failed", /more than 500/),
  },
  {
    name: "answers a ping with another word",
    holds: EVERYWHERE,
    program: { ping: () => "pang" },
    promise: async (trial) => fails(await trial.ping(), "plugin_failed", /"ping" is not/),
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
];
