/** Well-formed messages that say what they must not. */
import { answers, fails, refuses, timesOut } from "../outcome.ts";
import { EVERYWHERE, type HostileCase } from "../hostile_case.ts";

export const replyCases: readonly HostileCase[] = [
  {
    name: "answers twice",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        await it.reply(it.answer("first"));
        await it.reply(it.answer("second"));
      },
    },
    promise: async (trial) => {
      answers(await trial.call(), "first");
      answers(await trial.call(), "first");
    },
  },
  {
    name: "answers under ids that are not the call's before it answers",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        const result = it.answer("forged");
        const ids = [
          null,
          String(it.id),
          -1,
          0,
          1.5,
          1e300,
          "__proto__",
          [it.id],
          { id: it.id },
          true,
        ];
        for (const id of ids) await it.send({ id, result });
        await it.send({ result });
        return it.answer("fine");
      },
    },
    promise: async (trial) => answers(await trial.call()),
  },
  {
    name: "answers calls before they are made",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        const isFirst = it.session.forged === undefined;
        it.session.forged = true;
        for (let next = 1; isFirst && next <= 50; next++) {
          await it.send({ id: Number(it.id) + next, result: it.answer("forged") });
        }
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      answers(await trial.call());
      answers(await trial.call());
    },
  },
  {
    name: "swaps the answers of two calls, which are its own to swap, and answers a third rightly",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        const { query } = it.params as { query: string };
        const held = it.session.held as { id: number; query: string } | undefined;
        if (query === "third") return it.answer(query);
        if (held === undefined) {
          it.session.held = { id: it.id, query };
          return;
        }
        await it.send({ id: held.id, result: it.answer(query) });
        await it.reply(it.answer(held.query));
      },
    },
    promise: async (trial) => {
      const [first, second] = await Promise.all([trial.call("first"), trial.call("second")]);
      answers(first, "second");
      answers(second, "first");
      answers(await trial.call("third"), "third");
    },
  },
  ...([
    ["a number", 17, /./],
    ["a text", "fine", /./],
    ["nothing", null, /./],
    ["a list", [], /./],
    ["results that are no list", { results: { length: 1e9 } }, /results/],
  ] as const).map(([what, result, detail]): HostileCase => ({
    name: `answers with ${what}`,
    holds: EVERYWHERE,
    program: {
      // The literal must be in the source text that goes into the plugin.
      call: new Function("it", `return it.reply(${JSON.stringify(result)})`) as () => unknown,
    },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_failed", detail);
      await trial.isBlamedFor("invalid_answer");
    },
  })),
  {
    name: "answers with neither result nor error",
    holds: EVERYWHERE,
    program: { call: (it) => it.send({ id: it.id }) },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_failed", /neither result nor error/);
      await trial.isBlamedFor("protocol");
    },
  },
  {
    name: "answers with a result and an error",
    holds: EVERYWHERE,
    program: {
      call: (it) =>
        it.send({
          id: it.id,
          result: it.answer("fine"),
          error: { code: -32002, message: "Not here" },
        }),
    },
    promise: async (trial) => refuses(await trial.call(), -32002, /Not here/),
  },
  {
    name: "answers with an error that has no code",
    holds: EVERYWHERE,
    program: { call: (it) => it.send({ id: it.id, error: { message: ["no"], code: "E_BAD" } }) },
    promise: async (trial) => fails(await trial.call(), "plugin_failed", /no integer code/),
  },
  {
    name: "answers with an error message of 3 MB",
    holds: EVERYWHERE,
    program: {
      call: (it) =>
        it.send({ id: it.id, error: { code: -32603, message: "no ".repeat(1024 * 1024) } }),
    },
    promise: async (trial) => {
      const outcome = await trial.call();
      refuses(outcome, -32603, /^[no ]{1,4096}$/);
      await trial.isBlamedFor("-32603");
    },
  },
  {
    name: "answers with a million empty objects",
    holds: EVERYWHERE,
    program: {
      call: (it) =>
        it.print(`{"jsonrpc":"2.0","id":${it.id},"result":[${"{},".repeat(1_300_000)}0]}\n`),
    },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_failed", /holds more than \d+ values/);
      await trial.isBlamedFor("protocol");
    },
  },
  {
    // Each of them is a fault of its own.
    name: "answers with hundreds of thousands of results that are none",
    holds: EVERYWHERE,
    program: {
      call: (it) =>
        it.print(
          `{"jsonrpc":"2.0","id":${it.id},"result":{"results":[${"{},".repeat(340_000)}0]}}\n`,
        ),
    },
    promise: async (trial) => {
      // Only the first thousand are looked at.
      answers(await trial.call(), '{"results":[]}');
    },
  },
  {
    name: "nests its answer 100,000 levels deep",
    holds: EVERYWHERE,
    program: {
      call: (it) =>
        it.print(
          `{"jsonrpc":"2.0","id":${it.id},"result":${"[".repeat(1e5)}${"]".repeat(1e5)}}\n`,
        ),
    },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_failed", /nested deeper/);
      await trial.isBlamedFor("protocol");
    },
  },
  {
    name: "nests the data of its error 100,000 levels deep",
    holds: EVERYWHERE,
    program: {
      call: (it) => {
        const data = '{"a":'.repeat(1e5) + "1" + "}".repeat(1e5);
        const error = `{"code":-32603,"message":"no","data":${data}}`;
        return it.print(`{"jsonrpc":"2.0","id":${it.id},"error":${error}}\n`);
      },
    },
    promise: async (trial) => fails(await trial.call(), "plugin_failed", /nested deeper/),
  },
  {
    name: "answers in a batch",
    holds: EVERYWHERE,
    timeoutSeconds: 1,
    program: {
      call: (it) =>
        it.print(
          JSON.stringify([{ jsonrpc: "2.0", id: it.id, result: it.answer("fine") }]) + "\n",
        ),
    },
    promise: async (trial) => {
      timesOut(await trial.call());
      await trial.isBlamedFor("not-an-object");
    },
  },
  {
    name: "dresses its answer as a request",
    holds: EVERYWHERE,
    timeoutSeconds: 1,
    program: { call: (it) => it.send({ id: it.id, method: "answer", result: it.answer("fine") }) },
    promise: async (trial) => timesOut(await trial.call()),
  },
  {
    name: "sends requests whose ids and methods are of no such type",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        const requests = [
          { id: {}, method: "storage/get" },
          { id: [1], method: "storage/get" },
          { id: true, method: "storage/get" },
          { id: 1e300, method: "storage/get" },
          { id: 7, method: 8 },
          { id: 7, method: {} },
          { id: "a".repeat(1_000_000), method: "storage/get" },
          { id: 9, method: "b".repeat(1_000_000) },
        ];
        for (const request of requests) await it.send(request);
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      answers(await trial.call());
      await trial.isBlamedFor("invalid-request");
    },
  },
];
