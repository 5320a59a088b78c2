/** Messages whose texts, numbers and keys are hard to keep or to handle. */
import assert from "node:assert/strict";
import { enrichSeries } from "../enrichment.ts";
import { answers, fails, refuses } from "../outcome.ts";
import { EVERYWHERE, type HostileCase } from "../hostile_case.ts";

export const valueCases: readonly HostileCase[] = [
  {
    name: "puts characters into its error that a database refuses",
    holds: EVERYWHERE,
    program: {
      call: (it) =>
        it.send({ id: it.id, error: { code: -32603, message: "before\0after \ud800" } }),
    },
    promise: async (trial) => {
      refuses(await trial.call(), -32603, /before/);
      await trial.isBlamedFor("-32603", /before.?after/s);
    },
  },
  {
    name: "prints a line with characters that a database refuses",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        await it.print("before\0after\n");
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      answers(await trial.call());
      await trial.isBlamedFor("not-json", /before.?after/s);
    },
  },
  {
    name: "changes its manifest to one with characters that a database refuses",
    holds: EVERYWHERE,
    program: { initialize: (it) => ({ ...it.manifest, description: "before\0after \ud800" }) },
    promise: async (trial) => {
      const words = /\/description: Holds the character NUL/;
      fails(await trial.call(), "plugin_failed", words);
      await trial.isBlamedFor("protocol", words);
    },
  },
  {
    name: "answers with half a surrogate pair and a NUL in a title",
    holds: EVERYWHERE,
    program: { call: (it) => it.answer("a\ud83d b\0c") },
    promise: async (trial) => answers(await trial.call(), /^a.{1,3} b\0?c$/s),
  },
  {
    name: "answers with numbers that no machine holds",
    holds: EVERYWHERE,
    program: {
      call: (it) =>
        it.print(
          `{"jsonrpc":"2.0","id":${it.id},"result":{"results":[{"externalId":"1","title":"fine",` +
            `"relevanceScore":-0.0,"extra":[1e400,-1e400,${
              "9".repeat(100_000)
            }]}],"more":1e-400}}\n`,
        ),
    },
    promise: async (trial) => answers(await trial.call()),
  },
  {
    name: "answers with a year that no machine holds",
    holds: EVERYWHERE,
    program: {
      call: (it) =>
        it.print(
          `{"jsonrpc":"2.0","id":${it.id},"result":{"results":` +
            `[{"externalId":"1","title":"fine","year":1e400}]}}\n`,
        ),
    },
    promise: async (trial) => answers(await trial.call()),
  },
  {
    name: "answers with a record far larger than a document may be",
    holds: EVERYWHERE,
    program: {
      call: (it) =>
        it.params.query !== undefined ? it.answer("fine") : {
          externalId: String(it.params.externalId),
          title: it.params.externalId === "title" ? "t".repeat(2_000_000) : "fine",
          ...(it.params.externalId === "summary" && { summary: "s".repeat(3_000_000) }),
          tags: Array.from({ length: 90_000 }, (_, at) => `tag ${at}`),
          genres: ["whale"],
        },
    },
    promise: async (trial) => {
      for (const field of ["title", "summary"]) {
        const { ignored, metadata, pageLength } = await enrichSeries(trial, field);
        assert.deepEqual(ignored, [`/${field}`, "/tags"]);
        const { title, summary, genres, tags } = metadata;
        const expected = field === "title" ? "Before" : "fine";
        assert.deepEqual([title, summary, genres, tags], [expected, undefined, ["whale"], []]);
        assert.ok(pageLength < 20_000, `A page of ${pageLength}`);
      }
      answers(await trial.call());
    },
  },
  {
    name: "uses names of prototypes as keys",
    holds: EVERYWHERE,
    program: {
      call: (it) =>
        it.print(
          `{"__proto__":{"id":${it.id},"error":{"code":1}},"constructor":1,"jsonrpc":"2.0",` +
            `"id":${it.id},"result":{"__proto__":{"results":7,"polluted":true},"toString":1,` +
            `"results":[{"externalId":"1","title":"fine","__proto__":{"title":"forged"},` +
            `"constructor":{"prototype":{"polluted":true}},"hasOwnProperty":1}]}}\n`,
        ),
    },
    promise: async (trial) => {
      answers(await trial.call());
      answers(await trial.call());
    },
  },
];
