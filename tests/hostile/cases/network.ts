/** Hosts that were not granted, and those of this machine by every name they have. */
import { isThwarted } from "../outcome.ts";
import { CONFINED, type Holds, type HostileCase } from "../hostile_case.ts";
import type { Rogue } from "../rogue/rogue.ts";
import type { Trial } from "../trial.ts";

/** A Node plugin without a grant has no network at level 3. */
const UNREACHABLE: Holds = { deno: [2, 3], node: [3] };

async function isRefused(trial: Trial): Promise<void> {
  isThwarted(await trial.call());
}

/** Connects to the ports in `adminConfig.ports` by every name of this machine. Runs in the plugin. */
const connectToMachine = async (it: Rogue): Promise<string> => {
  const { connect } = await import("node:net");
  const hosts = [
    "127.0.0.1",
    "localhost",
    "127.1",
    "127.0.0.2",
    "0.0.0.0",
    "2130706433",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "ip6-localhost",
  ];
  const reach = (host: string, port: number) =>
    new Promise<boolean>((resolve) => {
      const done = (isReached: boolean) => {
        socket.destroy();
        resolve(isReached);
      };
      const socket = connect({ host, port, timeout: 1000 }, () => done(true));
      socket.once("error", () => done(false));
      socket.once("timeout", () => done(false));
    });
  for (const port of it.session.initialized.adminConfig.ports!.split(",")) {
    for (const host of hosts) {
      try {
        if (await reach(host, Number(port))) return `${host}:${port}`;
      } catch {
        // Refused at once.
      }
    }
  }
  throw new Error("Every way was refused");
};

/** Of fifty tries, each of which may wait a second for nothing. */
const TRIES_SECONDS = 120;

export const networkCases: readonly HostileCase[] = [
  {
    name: "connects to the services and the database of this machine",
    holds: UNREACHABLE,
    config: (arena) => ({ ports: arena.targets.ports.join() }),
    timeoutSeconds: TRIES_SECONDS,
    program: { attempt: connectToMachine },
    promise: isRefused,
  },
  {
    name: "connects to this machine beside a host that was granted",
    holds: CONFINED,
    network: () => ["openlibrary.org"],
    config: (arena) => ({ ports: arena.targets.ports.join() }),
    timeoutSeconds: TRIES_SECONDS,
    program: { attempt: connectToMachine },
    promise: isRefused,
  },
  {
    // As a rebound name does: it is granted, and leads to this machine.
    name: "connects to this machine by a granted name that leads there",
    holds: CONFINED,
    network: (arena) => arena.targets.ports.map((port) => `localhost:${port}`),
    config: (arena) => ({ ports: arena.targets.ports.join() }),
    timeoutSeconds: TRIES_SECONDS,
    program: { attempt: connectToMachine },
    promise: isRefused,
  },
  {
    name: "connects to this machine with every host granted",
    holds: CONFINED,
    network: () => ["*"],
    config: (arena) => ({ ports: arena.targets.ports.join() }),
    timeoutSeconds: TRIES_SECONDS,
    program: { attempt: connectToMachine },
    promise: isRefused,
  },
  {
    name: "is redirected to this machine",
    holds: CONFINED,
    network: (arena) => [`127.0.0.1:${arena.targets.redirectPort}`],
    config: (arena) => ({ url: `http://127.0.0.1:${arena.targets.redirectPort}/` }),
    program: {
      attempt: async (it) => await (await fetch(it.session.initialized.adminConfig.url!)).text(),
    },
    promise: isRefused,
  },
  {
    name: "fetches from a host that was not granted",
    holds: UNREACHABLE,
    program: {
      attempt: async () => {
        const tries = [
          () => fetch("https://openlibrary.org/"),
          () => fetch("http://192.0.2.1/"),
          () =>
            new Promise((resolve, reject) => {
              const socket = new WebSocket("wss://openlibrary.org/");
              socket.onopen = resolve;
              socket.onerror = () => reject(new Error("refused"));
            }),
        ];
        for (const attempt of tries) {
          try {
            return await Promise.race([
              attempt(),
              new Promise((_, reject) => setTimeout(() => reject(new Error("slow")), 1000)),
            ]);
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
    name: "tells a name server what it knows",
    holds: UNREACHABLE,
    program: {
      attempt: async () => {
        const { resolve4 } = await import("node:dns/promises");
        const { createSocket } = await import("node:dgram");
        const tries = [
          () => resolve4("secret.example.org"),
          () =>
            new Promise((resolve, reject) => {
              const socket = createSocket("udp4").on("error", reject);
              socket.send("secret", 53, "192.0.2.1", (error) => {
                socket.close();
                if (error === null) resolve("sent");
                else reject(error);
              });
            }),
        ];
        for (const attempt of tries) {
          try {
            return await Promise.race([
              attempt(),
              new Promise((_, reject) => setTimeout(() => reject(new Error("slow")), 1000)),
            ]);
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
    name: "imports code from elsewhere",
    holds: CONFINED,
    config: (arena) => ({ url: `http://127.0.0.1:${arena.targets.redirectPort}/mod.ts` }),
    program: {
      attempt: async (it) => {
        const urls = [
          it.session.initialized.adminConfig.url!,
          "https://example.org/mod.ts",
          "npm:left-pad@1.3.0",
          "jsr:@std/path@1",
          "blob:null/none",
        ];
        for (const url of urls) {
          try {
            return Object.keys(await import(url)).join() || url;
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
    name: "waits for connections",
    holds: CONFINED,
    program: {
      attempt: async () => {
        const { createServer } = await import("node:net");
        const tries = [
          () => Deno.listen({ port: 0 }).addr,
          () => Deno.serve({ port: 0, onListen: () => {} }, () => new Response()).addr,
          () =>
            new Promise((resolve, reject) => {
              const server = createServer().once("error", reject);
              server.listen(0, () => resolve("listening"));
            }),
        ];
        for (const attempt of tries) {
          try {
            return JSON.stringify(await attempt());
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
    name: "connects to a socket in the file system",
    holds: UNREACHABLE,
    config: (arena) => ({ socket: arena.targets.socketPath }),
    program: {
      attempt: async (it) => {
        const { connect } = await import("node:net");
        return await new Promise((resolve, reject) => {
          const socket = connect(it.session.initialized.adminConfig.socket!, () => {
            socket.destroy();
            resolve("connected");
          });
          socket.once("error", reject);
        });
      },
    },
    promise: isRefused,
  },
];
