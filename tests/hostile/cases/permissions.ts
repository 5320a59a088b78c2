/** Ways of a Deno program to more than it was given. */
import { isThwarted } from "../outcome.ts";
import { CONFINED, type HostileCase } from "../hostile_case.ts";
import type { Trial } from "../trial.ts";

async function isRefused(trial: Trial): Promise<void> {
  isThwarted(await trial.call());
}

export const permissionCases: readonly HostileCase[] = [
  {
    name: "asks Deno for permissions",
    holds: CONFINED,
    program: {
      attempt: async () => {
        const kinds = ["read", "write", "net", "env", "run", "ffi", "sys"] as const;
        for (const name of kinds) {
          const { state } = await Deno.permissions.request({ name });
          if (state === "granted") return name;
        }
        throw new Error("Every one was refused");
      },
    },
    promise: isRefused,
  },
  {
    name: "reads its environment",
    holds: CONFINED,
    program: {
      attempt: async () => {
        const { default: process } = await import("node:process");
        for (const read of [() => Deno.env.toObject(), () => ({ ...process.env })]) {
          try {
            if (Object.keys(read()).length > 0) return JSON.stringify(read());
          } catch {
            // The next way.
          }
        }
        throw new Error("Every way was refused");
      },
    },
    promise: isRefused,
  },
  {
    name: "asks about the machine",
    holds: CONFINED,
    program: {
      attempt: () => {
        const tries = [
          Deno.hostname,
          Deno.networkInterfaces,
          Deno.loadavg,
          Deno.systemMemoryInfo,
          Deno.osRelease,
          Deno.uid,
        ];
        for (const ask of tries) {
          try {
            return JSON.stringify(ask());
          } catch {
            // The next one.
          }
        }
        throw new Error("Every one was refused");
      },
    },
    promise: isRefused,
  },
  {
    name: "starts a worker with more permissions than its own",
    holds: CONFINED,
    program: {
      attempt: () => {
        const code = `
          try { postMessage(Deno.readTextFileSync("/etc/passwd")); }
          catch (error) { postMessage("no: " + error.name); }`;
        const url = `data:text/javascript,${encodeURIComponent(code)}`;
        return new Promise((resolve, reject) => {
          const deno = { permissions: { read: true, net: true, run: true } };
          const worker = new Worker(url, { type: "module", deno } as WorkerOptions);
          worker.onmessage = ({ data }) => {
            worker.terminate();
            if (String(data).startsWith("no: ")) reject(new Error(data));
            else resolve(data);
          };
          worker.onerror = (event) => {
            event.preventDefault();
            reject(new Error(event.message));
          };
        });
      },
    },
    promise: isRefused,
  },
  {
    name: "reads a file from a worker, a thread and another context",
    holds: CONFINED,
    program: {
      attempt: async () => {
        const read = `require("node:fs").readFileSync("/etc/passwd", "utf8")`;
        const { default: vm } = await import("node:vm");
        const { createRequire } = await import("node:module");
        const { Worker } = await import("node:worker_threads");
        const require = createRequire(import.meta.url);
        const tries = [
          () => vm.runInNewContext(read, { require }),
          () => require("/etc/passwd"),
          () =>
            new Promise((resolve, reject) => {
              const code = `require("node:worker_threads").parentPort.postMessage(${read})`;
              const worker = new Worker(code, { eval: true });
              worker.once("message", resolve);
              worker.once("error", reject);
            }),
        ];
        for (const attempt of tries) {
          try {
            return await attempt();
          } catch {
            // The next way.
          }
        }
        throw new Error("Every way was refused");
      },
    },
    promise: isRefused,
  },
  {
    name: "reaches for the insides of the runtime",
    holds: CONFINED,
    program: {
      attempt: async () => {
        const tries = [
          () => Reflect.get(Deno, "core").ops.op_read_file_text_sync("/etc/passwd", false),
          () => Reflect.get(Deno, Symbol.for("Deno.internal")).core.ops.op_kill(1, "SIGCONT", ""),
          async () =>
            Reflect.get((await import("node:process")).default, "binding")("fs").open(
              "/etc/passwd",
            ),
          async () => {
            const inspector = await import("node:inspector");
            inspector.open(0, "127.0.0.1");
            return inspector.url();
          },
        ];
        for (const attempt of tries) {
          try {
            const found = await attempt();
            if (found !== undefined) return found;
          } catch {
            // The next way.
          }
        }
        throw new Error("Every way was refused");
      },
    },
    promise: isRefused,
  },
];
