/** Calls of a plugin to the host: too many, too large, forged, or at the wrong time. */
import { answers, AT_ONCE_MS, timesOut } from "../outcome.ts";
import { EVERYWHERE, type HostileCase } from "../hostile_case.ts";

/** Of what takes a host long that others keep busy. */
const LONG_SECONDS = 120;
const LONG_MS = LONG_SECONDS * 1000;
const METHOD_NOT_FOUND = -32601;

export const reverseCallCases: readonly HostileCase[] = [
  {
    name: "calls methods that are not for plugins",
    holds: EVERYWHERE,
    kind: "user",
    program: {
      call: async (it) => {
        const methods = [
          "initialize",
          "ping",
          "shutdown",
          "$/cancelRequest",
          "storage",
          "storage/",
          "storage/purge",
          "STORAGE/GET",
          "storage/get/../clear",
          "__proto__",
          "toString",
          "plugins/call",
          "admin/plugins",
          "vault/get",
          "releases/record",
          "",
        ];
        const replies = await Promise.all(methods.map((method) => it.callHost(method, {})));
        const codes = replies.map(({ error }) => (error as { code: number } | undefined)?.code);
        return it.answer([...new Set(codes)].join());
      },
    },
    promise: async (trial) => {
      const { one } = await trial.connectPeople();
      answers(await trial.callFor(one.person), String(METHOD_NOT_FOUND));
    },
  },
  {
    name: "calls the host in a storm and answers after it",
    holds: EVERYWHERE,
    timeoutSeconds: LONG_SECONDS,
    program: {
      call: async (it) => {
        const line = JSON.stringify({ jsonrpc: "2.0", id: "s", method: "storage/get" }) + "\n";
        await it.print(line.repeat(3000));
        return it.answer("fine");
      },
    },
    promise: async (trial) => answers(await trial.call(), "fine", LONG_MS),
  },
  {
    name: "calls the host in a storm without end, and reads no reply",
    holds: EVERYWHERE,
    timeoutSeconds: 1,
    program: {
      call: async (it) => {
        it.stopReading();
        const line = JSON.stringify({ jsonrpc: "2.0", id: "s", method: "storage/get" }) + "\n";
        for (;;) await it.print(line.repeat(1000));
      },
    },
    promise: async (trial) => timesOut(await trial.call()),
  },
  {
    name: "calls the host with the ids of the host's own calls",
    holds: EVERYWHERE,
    kind: "user",
    program: {
      call: async (it) => {
        const ids = [Number(it.id), Number(it.id) + 1, 1, 2, 3];
        const replies = await Promise.all(
          [...new Set(ids)].map((id) => it.callHost("storage/list", {}, id)),
        );
        return it.answer(replies.every(({ result }) => result !== undefined) ? "fine" : "no");
      },
    },
    promise: async (trial) => {
      const { one } = await trial.connectPeople();
      answers(await trial.callFor(one.person));
      answers(await trial.callFor(one.person));
    },
  },
  {
    name: "nests the params of its calls 100,000 levels deep",
    holds: EVERYWHERE,
    kind: "user",
    program: {
      call: async (it) => {
        const deep = "[".repeat(1e5) + "]".repeat(1e5);
        const params = `{"key":"deep","data":${deep}}`;
        await it.print(`{"jsonrpc":"2.0","id":"deep","method":"storage/set","params":${params}}\n`);
        const { result } = await it.callHost("storage/get", { key: "deep" });
        return it.answer(JSON.stringify(result));
      },
    },
    promise: async (trial) => {
      const { one } = await trial.connectPeople();
      answers(await trial.callFor(one.person), '{"data":null}');
    },
  },
  {
    name: "calls the host a thousand times at once",
    holds: EVERYWHERE,
    timeoutSeconds: LONG_SECONDS,
    kind: "user",
    program: {
      call: async (it) => {
        const replies = await Promise.all(
          Array.from({ length: 1000 }, () => it.callHost("storage/list", {})),
        );
        const isServed = replies.filter(({ result }) => result !== undefined).length;
        const isBusy =
          replies.filter(({ error }) => (error as { code: number } | undefined)?.code === -32001)
            .length;
        return it.answer(`${isServed > 200} ${isServed + isBusy}`);
      },
    },
    promise: async (trial) => {
      const { one } = await trial.connectPeople();
      answers(await trial.callFor(one.person), "true 1000", LONG_MS);
    },
  },
  {
    name: "calls the host with 4 MB at a time",
    holds: EVERYWHERE,
    timeoutSeconds: LONG_SECONDS,
    isHeavy: true,
    kind: "user",
    program: {
      call: async (it) => {
        const data = "x".repeat(4 * 1024 * 1024 - 1000);
        const replies = await Promise.all(
          Array.from({ length: 10 }, () => it.callHost("storage/set", { key: "big", data })),
        );
        const codes = replies.map(({ error }) => (error as { code: number } | undefined)?.code);
        return it.answer([...new Set(codes)].sort().join());
      },
    },
    promise: async (trial) => {
      const { one } = await trial.connectPeople();
      answers(await trial.callFor(one.person), /^(-32001,)?-32602$/, LONG_MS);
    },
  },
  {
    name: "calls the host before it answers its initialize",
    holds: EVERYWHERE,
    kind: "user",
    program: {
      initialize: async (it) => {
        await it.callHost("storage/set", { key: "state", data: "fine" });
        it.session.state = (await it.callHost("storage/get", { key: "state" })).result;
        return it.manifest;
      },
      call: (it) => it.answer((it.session.state as { data: string }).data),
    },
    promise: async (trial) => {
      const { one } = await trial.connectPeople();
      answers(await trial.callFor(one.person));
    },
  },
  {
    name: "calls the host after its shutdown",
    holds: EVERYWHERE,
    kind: "user",
    program: {
      shutdown: async (it) => {
        await it.reply(null);
        for (;;) await it.callHost("storage/set", { key: "after", data: Date.now() });
      },
      outlivesStdin: true,
    },
    promise: async (trial) => {
      const { one } = await trial.connectPeople();
      answers(await trial.callFor(one.person));
      await trial.patch({ config: { armed: true, changed: true } });
      await trial.isGone(6000 + AT_ONCE_MS);
      answers(await trial.callFor(one.person));
    },
  },
];
