/** What comes on stdout and stderr that is no message, or comes in the wrong pieces. */
import { answers, fails, timesOut } from "../outcome.ts";
import { EVERYWHERE, type HostileCase } from "../hostile_case.ts";

/** Of what takes a host long that reads it slowly, as it does while others flood it. */
const LONG_SECONDS = 200;

export const wireCases: readonly HostileCase[] = [
  {
    name: "prints garbage between its messages",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        await it.print('Listening on port 3000\n<html></html>\n{"half": \n]]]\n\0\x01\x02\n');
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      answers(await trial.call());
      await trial.isBlamedFor("not-json", /Listening on port 3000/);
    },
  },
  {
    name: "prints invalid UTF-8",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        await it.print(new Uint8Array([0x22, 0xc3, 0x28, 0xff, 0xfe, 0x22, 0x0a]));
        await it.print(new Uint8Array([0xed, 0xa0, 0x80, 0xf8, 0x88, 0x80, 0x80, 0x80, 0x0a]));
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      answers(await trial.call());
      await trial.isBlamedFor("invalid-utf8");
    },
  },
  {
    name: "answers byte by byte, with every multi-byte character cut",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        const message = { jsonrpc: "2.0", id: it.id, result: it.answer("é漢🦊\u{10FFFF}") };
        const bytes = new TextEncoder().encode(JSON.stringify(message) + "\n");
        for (const byte of bytes) {
          await it.print(new Uint8Array([byte]));
          await it.wait(1);
        }
      },
    },
    promise: async (trial) => answers(await trial.call(), "é漢🦊\u{10FFFF}"),
  },
  {
    name: "ends its lines as Windows does, with blank ones between",
    holds: EVERYWHERE,
    program: {
      call: (it) =>
        it.print(
          "\r\n\n  \r\n" +
            JSON.stringify({ jsonrpc: "2.0", id: it.id, result: it.answer("fine") }) + "\r\n\r\n",
        ),
    },
    promise: async (trial) => answers(await trial.call()),
  },
  {
    name: "puts a byte order mark before its answer",
    holds: EVERYWHERE,
    program: {
      call: (it) =>
        it.print("\uFEFF" + JSON.stringify({ id: it.id, result: it.answer("fine") }) + "\n"),
    },
    promise: async (trial) => answers(await trial.call()),
  },
  {
    name: "prints a line of 100 MB before its answer",
    holds: EVERYWHERE,
    timeoutSeconds: LONG_SECONDS,
    program: {
      call: async (it) => {
        const part = new Uint8Array(1024 * 1024).fill(0x61);
        for (let mib = 0; mib < 100; mib++) await it.print(part);
        await it.print("\n");
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      answers(await trial.call(), "fine", LONG_SECONDS * 1000);
      await trial.isBlamedFor("line-too-long");
    },
  },
  {
    name: "never ends a line",
    holds: EVERYWHERE,
    timeoutSeconds: 1,
    program: {
      call: async (it) => {
        const part = new Uint8Array(64 * 1024).fill(0x61);
        for (;;) await it.print(part);
      },
    },
    promise: async (trial) => {
      timesOut(await trial.call());
      await trial.isBlamedFor("line-too-long");
    },
  },
  {
    name: "answers with more than a line may hold",
    holds: EVERYWHERE,
    program: { call: (it) => it.answer("x".repeat(4 * 1024 * 1024)) },
    promise: async (trial) => {
      fails(await trial.call(), "plugin_failed", /longer than 4 MiB/);
      await trial.isBlamedFor("protocol");
    },
  },
  {
    name: "answers with as much as a line may hold",
    holds: EVERYWHERE,
    isHeavy: true,
    program: {
      call: (it) => {
        const padding = "x".repeat(4 * 1024 * 1024 - 200);
        return it.print(
          `{"jsonrpc":"2.0","id":${it.id},"result":{"padding":"${padding}",` +
            `"results":[{"externalId":"1","title":"fine"}]}}\n`,
        );
      },
    },
    promise: async (trial) => answers(await trial.call(), /^fine$/),
  },
  {
    name: "floods its output with messages nobody asked for",
    holds: EVERYWHERE,
    timeoutSeconds: 1,
    program: {
      call: async (it) => {
        const line = JSON.stringify({ jsonrpc: "2.0", method: "$/progress", params: {} }) + "\n";
        const many = line.repeat(1000);
        for (;;) await it.print(many);
      },
    },
    promise: async (trial) => timesOut(await trial.call()),
  },
  {
    name: "floods its output with garbage",
    holds: EVERYWHERE,
    timeoutSeconds: 1,
    program: {
      call: async (it) => {
        const many = "garbage\n".repeat(8000);
        for (;;) await it.print(many);
      },
    },
    promise: async (trial) => {
      timesOut(await trial.call());
      await trial.isBlamedFor("not-json");
    },
  },
  {
    name: "floods its output with blank lines",
    holds: EVERYWHERE,
    timeoutSeconds: 1,
    program: {
      call: async (it) => {
        const many = "\n".repeat(64 * 1024);
        for (;;) await it.print(many);
      },
    },
    promise: async (trial) => timesOut(await trial.call()),
  },
  {
    name: "floods its output with answers to calls that nobody made",
    holds: EVERYWHERE,
    timeoutSeconds: 1,
    program: {
      call: async (it) => {
        const many = JSON.stringify({ jsonrpc: "2.0", id: -1, result: "x".repeat(50) }) + "\n";
        for (;;) await it.print(many.repeat(1000));
      },
    },
    promise: async (trial) => timesOut(await trial.call()),
  },
  {
    name: "floods its output with lines of a million values",
    holds: EVERYWHERE,
    timeoutSeconds: 3,
    program: {
      call: async (it) => {
        const full = `{"jsonrpc":"2.0","id":-1,"result":[${"{},".repeat(1_300_000)}0]}\n`;
        for (;;) await it.print(full);
      },
    },
    promise: async (trial) => {
      timesOut(await trial.call(), 3);
      await trial.isBlamedFor("line-too-full");
    },
  },
  {
    name: "floods its output with lines that take long to read",
    holds: EVERYWHERE,
    isHeavy: true,
    timeoutSeconds: 3,
    program: {
      call: async (it) => {
        const fields = Array.from({ length: 300_000 }, (_, n) => `"${n.toString(36)}":0`);
        const slow = `{"jsonrpc":"2.0","id":-1,"result":{${fields.join()}}}\n`;
        for (;;) await it.print(slow);
      },
    },
    promise: async (trial) => timesOut(await trial.call(), 3),
  },
  {
    name: "floods its log while it answers",
    holds: EVERYWHERE,
    program: {
      call: (it) => {
        const many = "All is well, and will be well\n".repeat(2000);
        void (async () => {
          for (;;) await it.complain(many);
        })();
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      answers(await trial.call());
      answers(await trial.call());
      await trial.logIsBounded();
    },
  },
  {
    name: "floods its log with empty lines",
    holds: EVERYWHERE,
    timeoutSeconds: 5,
    program: {
      call: (it) => {
        const many = "\n".repeat(64 * 1024);
        void (async () => {
          for (;;) await it.complain(many);
        })();
        return it.answer("fine");
      },
    },
    // It waits on its own pipe, and may answer or not.
    promise: async (trial) => {
      await trial.call();
      await trial.logHolds(/lines are left out/);
      await trial.logIsBounded();
    },
  },
  {
    name: "writes an endless line into its log",
    holds: EVERYWHERE,
    program: {
      call: (it) => {
        const part = new Uint8Array(64 * 1024).fill(0x61);
        void (async () => {
          for (;;) await it.complain(part);
        })();
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      answers(await trial.call());
      answers(await trial.call());
      await trial.logIsBounded();
    },
  },
  {
    name: "writes bytes into its log that are no text",
    holds: EVERYWHERE,
    program: {
      call: async (it) => {
        await it.complain(new Uint8Array([0xff, 0x00, 0x1b, 0x5b, 0x32, 0x4a, 0x0a]));
        await it.complain("\x1b]0;owned\x07 after\n");
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      answers(await trial.call());
      // Whoever reads it in a terminal is not steered.
      await trial.logHolds(/\ufffd\]0;owned\ufffd after/);
    },
  },
];
