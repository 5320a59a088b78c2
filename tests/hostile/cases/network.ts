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

/** With a grant as well, by Deno's permissions or in a network that has no other way. */
const HELD: Holds = { deno: [2, 3], node: [3] };

/**
 * Speaks to the ports in `adminConfig.ports` by every name of this machine, with PostgreSQL's request for TLS: HTTP servers answer
 * that with an error. A connection alone may be to a forwarder. Runs in the plugin.
 */
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
      const socket = connect({ host, port, timeout: 1000 });
      socket.write(new Uint8Array([0, 0, 0, 8, 4, 210, 22, 47]));
      socket.once("data", () => done(true));
      socket.once("close", () => done(false));
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

/** Looks a name up, and sends a datagram to a name server. Runs in the plugin. */
const askNameServer = async (): Promise<unknown> => {
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
};

/** What clouds and homes have beside this machine. */
const AROUND = ["169.254.169.254", "192.168.0.1", "10.0.0.1", "172.17.0.1", "fd00:ec2::254"];

/** This machine's addresses but its loopback's. */
function ownAddresses(): string[] {
  return Deno.networkInterfaces()
    .map(({ address }) => address)
    .filter((address) => !/^(127\.|::1$|fe80:)/.test(address));
}

/** Finds an address of `adminConfig.hosts` that there is any way to, answered or not. Runs in the plugin. */
const findWay = async (it: Rogue): Promise<string> => {
  const { connect } = await import("node:net");
  const noWay = ["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT"];
  for (const host of it.session.initialized.adminConfig.hosts!.split(",")) {
    const found = await new Promise<string>((resolve) => {
      const socket = connect({ host, port: 80, timeout: 1000 }, () => resolve("connected"));
      socket.once("error", (error) => resolve(String(Reflect.get(error, "code"))));
      socket.once("timeout", () => resolve("sent"));
    });
    if (!noWay.includes(found)) return `${host}: ${found}`;
  }
  throw new Error("There is no way");
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
    holds: HELD,
    network: () => ["openlibrary.org"],
    config: (arena) => ({ ports: arena.targets.ports.join() }),
    timeoutSeconds: TRIES_SECONDS,
    program: { attempt: connectToMachine },
    promise: isRefused,
  },
  {
    // As a rebound name does: it is granted, and leads to this machine.
    name: "connects to this machine by a granted name that leads there",
    holds: HELD,
    network: (arena) => arena.targets.ports.map((port) => `localhost:${port}`),
    config: (arena) => ({ ports: arena.targets.ports.join() }),
    timeoutSeconds: TRIES_SECONDS,
    program: { attempt: connectToMachine },
    promise: isRefused,
  },
  {
    name: "connects to this machine with every host granted",
    holds: HELD,
    network: () => ["*"],
    needsEveryHost: true,
    config: (arena) => ({ ports: arena.targets.ports.join() }),
    timeoutSeconds: TRIES_SECONDS,
    program: { attempt: connectToMachine },
    promise: isRefused,
  },
  {
    name: "is redirected to this machine",
    holds: HELD,
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
      attempt: askNameServer,
    },
    promise: isRefused,
  },
  {
    name: "tells a name server what it knows beside a host that was granted",
    holds: { node: [3] },
    network: () => ["a.example"],
    program: { attempt: askNameServer },
    promise: isRefused,
  },
  {
    name: "looks for a way to this machine's addresses, its network and its cloud",
    holds: { node: [3] },
    network: () => ["a.example", "127.0.0.1:9"],
    config: () => ({ hosts: [...ownAddresses(), ...AROUND].join() }),
    program: { attempt: findWay },
    promise: isRefused,
  },
  {
    // This machine's addresses are the sandbox's own there, and lead to itself.
    name: "looks for a way to this machine's network and its cloud with every host granted",
    holds: { node: [3] },
    network: () => ["*"],
    needsEveryHost: true,
    config: () => ({ hosts: AROUND.join() }),
    program: { attempt: findWay },
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
