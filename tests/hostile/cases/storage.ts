/** What a plugin stores, and what of other people it asks for. */
import { answers, timesOut } from "../outcome.ts";
import { EVERYWHERE, type HostileCase } from "../hostile_case.ts";

/** Of a hundred calls of the host, one after the other. */
const LONG_SECONDS = 120;

export const storageCases: readonly HostileCase[] = [
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
    timeoutSeconds: LONG_SECONDS,
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
        LONG_SECONDS * 1000,
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
    name: "stores numbers that would be kept as others",
    holds: EVERYWHERE,
    kind: "user",
    program: {
      call: async (it) => {
        const read = async () => {
          const { result } = await it.callHost("storage/get", { key: "n" });
          return (result as { data: string | null }).data;
        };
        const earlier = await read();
        if (earlier !== null) return it.answer(earlier);
        await it.callHost("storage/set", { key: "n", data: "untouched" });
        for (const number of ["1e400", "-1e400", "1e-400", "9007199254740993"]) {
          await it.print(
            `{"jsonrpc":"2.0","id":"${number}","method":"storage/set",` +
              `"params":{"key":"n","data":[{"n":${number}}]}}\n`,
          );
        }
        return it.answer(String(await read()));
      },
    },
    promise: async (trial) => {
      const { one } = await trial.connectPeople();
      answers(await trial.callFor(one.person), "untouched");
      // What was still being stored then would be seen now.
      answers(await trial.callFor(one.person), "untouched");
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
