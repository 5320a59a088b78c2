/** Calls of a plugin to the host: too many, too large, forged, or at the wrong time. */
import { answers, AT_ONCE_MS, timesOut } from "../outcome.ts";
import { EVERYWHERE, type HostileCase } from "../hostile_case.ts";

const LONG_MS = 15_000;
const METHOD_NOT_FOUND = -32601;

export const reverseCallCases: readonly HostileCase[] = [
  {
    name: "asks for a storage that it has none of",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        const reply = await it.callHost("storage/get", { key: "x", connectionId: "1" });
        return it.answer(JSON.stringify(reply.error));
      },
    },
    promise: async (trial) => answers(await trial.call(), /-32601/),
  },
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
    name: "asks for another person's storage by every name it knows",
    holds: EVERYWHERE,
    kind: "user",
    config: () => ({ forged: "" }),
    program: {
      call: async (it) => {
        const { userId, userPluginId, adminConfig } = it.session.initialized;
        const forged = JSON.parse(adminConfig.forged || "{}");
        if (adminConfig.forged === "") {
          await it.callHost("storage/set", { key: "diary", data: `of ${userId}` });
          return it.answer(String(userPluginId));
        }
        const names = [
          "connectionId",
          "connection",
          "userPluginId",
          "userId",
          "ticket",
          "pluginId",
        ];
        const claims = Object.fromEntries(names.map((name) => [name, forged[name] ?? forged.id]));
        const asked = [
          { key: "diary", ...claims },
          { ...claims, key: "diary", _codex: claims, parentRequestId: 1 },
          { key: `${forged.id}/diary` },
          { key: `../${forged.id}/diary` },
        ];
        const replies = await Promise.all(
          asked.map((params) => it.callHost("storage/get", params)),
        );
        return it.answer(JSON.stringify(replies.map(({ result }) => result)));
      },
    },
    promise: async (trial) => {
      const { one, two } = await trial.connectPeople();
      answers(await trial.callFor(one.person), one.connectionId);
      const forged = {
        id: one.connectionId,
        userId: one.person.subject.userId,
        pluginId: trial.id,
      };
      await trial.patch({ config: { armed: true, forged: JSON.stringify(forged) } });
      const nothing = JSON.stringify([{ data: null }, { data: null }, { data: null }, {
        data: null,
      }]);
      answers(await trial.callFor(two.person), nothing);
      answers(await trial.callFor(one.person), new RegExp(`of ${one.person.subject.userId}`));
    },
  },
  {
    name: "stores more than it may",
    holds: EVERYWHERE,
    kind: "user",
    program: {
      call: async (it) => {
        const set = async (key: unknown, data: unknown, more = {}) => {
          const { error } = await it.callHost("storage/set", { key, data, ...more });
          return (error as { code: number } | undefined)?.code ?? "set";
        };
        const codes = [
          await set("big", "x".repeat(1024 * 1024)),
          await set("", 1),
          await set("k".repeat(257), 1),
          await set(7, 1),
          await set("gone", 1, { expiresAt: "2001-01-01T00:00:00Z" }),
          await set("never", 1, { expiresAt: "soon" }),
        ];
        for (let key = 0; key < 100; key++) await set(`key ${key}`, key);
        codes.push(await set("one more", 1), await set("key 7", "replaced"));
        return it.answer(codes.join());
      },
    },
    promise: async (trial) => {
      const { one } = await trial.connectPeople();
      answers(
        await trial.callFor(one.person),
        `${"-32602,".repeat(7)}set`,
        LONG_MS,
      );
    },
  },
  {
    name: "stores under names of prototypes and under characters that a database refuses",
    holds: EVERYWHERE,
    kind: "user",
    program: {
      call: async (it) => {
        const told = [];
        for (const key of ["__proto__", "constructor", "toString", "a\0b", "\ud800", "'; --"]) {
          const data = JSON.parse('{"__proto__":{"polluted":true},"a":1}');
          const { error } = await it.callHost("storage/set", { key, data });
          const { result } = await it.callHost("storage/get", { key });
          const kept = JSON.stringify((result as { data?: unknown } | undefined)?.data);
          told.push(error === undefined ? kept === JSON.stringify(data) : "refused");
        }
        return it.answer(told.join());
      },
    },
    promise: async (trial) => {
      const { one } = await trial.connectPeople();
      answers(
        await trial.callFor(one.person),
        /^true,true,true,(true|refused),(true|refused),true$/,
      );
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
    name: "asks for large values and reads no reply",
    holds: EVERYWHERE,
    isHeavy: true,
    kind: "user",
    timeoutSeconds: 3,
    program: {
      call: async (it) => {
        await it.callHost("storage/set", { key: "big", data: "x".repeat(1_000_000) });
        it.stopReading();
        const line = JSON.stringify({
          jsonrpc: "2.0",
          id: "s",
          method: "storage/get",
          params: { key: "big" },
        });
        for (let count = 0; count < 500; count++) await it.print(line + "\n");
      },
    },
    promise: async (trial) => {
      const { one } = await trial.connectPeople();
      timesOut(await trial.callFor(one.person), 3);
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
  {
    name: "answers another person's call as well as its own",
    holds: EVERYWHERE,
    kind: "user",
    program: {
      call: async (it) => {
        const { userId } = it.session.initialized;
        for (let id = 1; id < 20; id++) {
          if (id !== it.id) await it.send({ id, result: it.answer(`forged by ${userId}`) });
        }
        await it.wait(200);
        return it.answer(`of ${userId}`);
      },
    },
    promise: async (trial) => {
      const { one, two } = await trial.connectPeople();
      const people = [one.person, two.person, one.person, two.person];
      const outcomes = await Promise.all(people.map((person) => trial.callFor(person)));
      for (const [index, person] of people.entries()) {
        // A process may only confuse the calls of its own connection.
        answers(outcomes[index]!, new RegExp(person.subject.userId));
      }
    },
  },
];
