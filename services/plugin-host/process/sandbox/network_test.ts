/**
 * The network of sandboxed plugins: real processes, forwarders and broker, and servers on this
 * machine's loopback.
 */
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { requireDevice, requireTool } from "../../../../infra/test/tools.ts";
import { type SandboxOptions, withSandboxedHost } from "../../testing/test_host.ts";
import { waitUntil } from "../../testing/wait_until.ts";
import type { PluginProcess } from "../plugin_process.ts";
import { listPrograms, ProcessTable } from "../process_table.ts";

const ignore = ["bwrap", "socat", "ip"].some((tool) => requireTool(tool) === "skip");

function networkTest(name: string, fn: (server: TestServer) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    fn: async () => {
      await using server = serve();
      await fn(server);
    },
  });
}

type TestServer = ReturnType<typeof serve>;

/** A server on the loopback that says hello and answers with what it gets, until that ends. */
function serve() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.Conn>();
  const served = (async () => {
    for await (const connection of listener) {
      connections.add(connection);
      connection.write(new TextEncoder().encode("hello "))
        .then(() => connection.readable.pipeTo(connection.writable)).catch(() => {});
    }
  })();
  return {
    port: listener.addr.port,
    connections,
    async [Symbol.asyncDispose]() {
      listener.close();
      await served;
      for (const connection of connections) {
        try {
          connection.close();
        } catch {
          // Its end closed it.
        }
      }
    },
  };
}

async function shell(process: PluginProcess, command: string): Promise<string> {
  const { output } = Object(await process.call("shell", { command }));
  return String(output).trim();
}

/**
 * Connects by Python and by Node, sends a word, ends its side, and prints what comes until the
 * other side ends.
 */
const talking = (host: string, port: number) => `
python3 -c '
import socket, sys
try:
  s = socket.create_connection(("${host}", ${port}), 5)
  s.sendall(b"python"); s.shutdown(socket.SHUT_WR)
  print(s.makefile().read())
except OSError as e: print("FAILED", e)
'
node -e '
const s = require("net").connect({ host: "${host}", port: ${port}, allowHalfOpen: true });
s.on("error", (error) => console.log("FAILED", error.code)).on("data", (it) => process.stdout.write(it));
s.end("node");
' 2>&1`;

const ANSWERS = /^hello python\nhello node$/;

/** Tries to connect to every `host port` of stdin at once and prints those that answer. */
const answering = (targets: readonly string[]) =>
  `node -e '
for (const target of "${targets.join(",")}".split(",")) {
  const [host, port] = target.split(" ");
  const s = require("net").connect({ host, port: Number(port), timeout: 3000 });
  s.on("connect", () => { console.log(target); s.destroy(); })
    .on("error", () => {}).on("timeout", () => s.destroy());
}' 2>&1`;

/** This machine by every address, and addresses of its network and of none. */
function elsewhere(port: number): string[] {
  const own = Object.values(networkInterfaces()).flatMap((all = []) =>
    all.map(({ address, family, scopeid }) =>
      family === "IPv6" && scopeid ? `${address}%eth0` : address
    )
  );
  const others = ["127.0.0.1", "127.0.0.2", "localhost", "0.0.0.0", "::1", "::", "10.0.0.1"]
    .concat(["169.254.169.254", "192.168.0.1", "172.17.0.1", "fd00::1", "::ffff:127.0.0.1"]);
  return [...new Set([...own, ...others])].map((address) => `${address} ${port}`);
}

networkTest(
  "a granted address is reached by Python and Node, and nothing else is",
  (server) =>
    withSandboxedHost(async (host) => {
      const network = [`127.0.0.1:${server.port}`];
      const process = await host.start({ ...host.sandboxed(host.node()), network });
      assert.match(await shell(process, talking("127.0.0.1", server.port)), ANSWERS);
      assert.equal(await shell(process, answering(elsewhere(host.listener.port))), "");
      // Its port of every other address, too.
      const others = elsewhere(server.port).filter((it) =>
        !/^(127\.0\.0\.1|localhost|0\.0\.0\.0|::|::ffff:127\.0\.0\.1) /.test(it)
      );
      assert.equal(await shell(process, answering(others)), "");
      assert.equal(await shell(process, "ls /etc/resolv.conf 2>/dev/null"), "");
      assert.equal(await shell(process, "getent hosts one.invalid example.com"), "");
    }),
);

networkTest(
  "a granted name leads to its forwarder alone, at a low port as well",
  (server) =>
    withSandboxedHost(async (host) => {
      const network = [`localhost:${server.port}`, "a.invalid:80"];
      const process = await host.start({ ...host.sandboxed(host.node()), network });
      assert.match(await shell(process, talking("localhost", server.port)), ANSWERS);
      assert.equal(
        await shell(process, "getent hosts a.invalid | tr -s ' '"),
        "127.0.1.2 a.invalid",
      );
      assert.equal(await shell(process, answering([`127.0.0.1 ${server.port}`])), "");
      // The forwarder takes the connection, and the broker finds no such name.
      assert.equal(await shell(process, answering(["a.invalid 80"])), "a.invalid 80");
    }, { allowedHosts: new Set([`localhost:${server.port}`]) }),
);

networkTest(
  "a Deno plugin reaches what it was granted by the same way, and no other",
  (server) =>
    withSandboxedHost(async (host) => {
      const network = [`localhost:${server.port}`];
      const process = await host.start({ ...host.sandboxed(host.deno("probe")), network });
      const connect = (target: string) => process.call("connect", { target });
      assert.deepEqual(await connect(`localhost ${server.port}`), { value: "connected" });
      await assert.rejects(connect(`127.0.0.1 ${server.port}`), /Requires net access/);
      await assert.rejects(connect(`localhost ${host.listener.port}`), /Requires net access/);
    }, { allowedHosts: new Set([`localhost:${server.port}`]) }),
);

networkTest(
  "a name that leads to this machine is refused when it is connected to, and that is told",
  (server) =>
    withSandboxedHost(async (host) => {
      const refused: string[] = [];
      const process = await host.start({
        ...host.sandboxed(host.node()),
        network: [`localhost:${server.port}`],
        networkEvents: { onTraffic: () => {}, onRefusal: (reason) => refused.push(reason) },
      });
      assert.doesNotMatch(await shell(process, talking("localhost", server.port)), /hello/);
      await waitUntil(() => refused.length > 0, "the refusal is told");
      assert.match(refused[0]!, /^Host "localhost" leads to the private address/);
      assert.equal(server.connections.size, 0);
    }),
);

/** How a networked process ends. */
const ENDS: Readonly<Record<string, (process: PluginProcess) => unknown>> = {
  "is told to end": (process) => process.close(),
  "is killed": async (process) => {
    const { family } = await familyOf(process);
    Deno.kill(family.find(({ program }) => program === "node")!.pid, "SIGKILL");
  },
  "loses its outer sandbox": (process) => Deno.kill(process.pid, "SIGKILL"),
  "loses its inner sandbox": async (process) => {
    const { family } = await familyOf(process);
    Deno.kill(family.findLast(({ program }) => program === "bwrap")!.pid, "SIGKILL");
  },
};

async function familyOf(process: PluginProcess) {
  const table = new ProcessTable(await listPrograms());
  return { family: table.family(process.pid) };
}

networkTest(
  "forwarders and sockets are gone once the plugin is, however it ended",
  (server) =>
    withSandboxedHost(async (host) => {
      for (const [how, end] of Object.entries(ENDS)) {
        const network = [`127.0.0.1:${server.port}`, "a.example", "b.example:80"];
        const process = await host.start({ ...host.sandboxed(host.node()), network });
        const { family } = await familyOf(process);
        const forwarders = family.filter(({ program }) => program === "socat");
        assert.equal(forwarders.length, network.length, how);
        assert.ok((await host.broker.routeFolders()).length > 0);
        await end(process);
        await process.exited;
        const pids = new Set(forwarders.map(({ pid }) => pid));
        await waitUntil(
          async () =>
            !(await listPrograms()).some(({ pid, program }) =>
              pids.has(pid) && program === "socat"
            ),
          `no forwarder is left when it ${how}`,
        );
        await waitUntil(async () => (await host.broker.routeFolders()).length === 0, how);
      }
    }),
);

networkTest(
  "a plugin's stdout that closes is told of at once, also with forwarders",
  (server) =>
    withSandboxedHost(async (host) => {
      const network = [`127.0.0.1:${server.port}`];
      const silent = await host.start({ ...host.sandboxed(host.node()), network });
      await assert.rejects(silent.call("closeStdout", {}), /closed its stdout/);
    }),
);

const LIMITS: SandboxOptions = {
  limits: { connectionsMax: 2, bytesMax: 100_000, windowMs: 3_600_000 },
};

networkTest(
  "connections and bytes of a plugin are limited over all its processes, and told",
  (server) =>
    withSandboxedHost(async (host) => {
      const refused: string[] = [];
      const start = (connection: string) =>
        host.start({
          ...host.sandboxed(host.node()),
          network: [`127.0.0.1:${server.port}`],
          plugin: "the-plugin",
          dataPath: ["plugin", connection],
          networkEvents: { onTraffic: () => {}, onRefusal: (reason) => refused.push(reason) },
        });
      const [one, two] = [await start("one"), await start("two")];
      const holding = `python3 -c '
import socket, time
s = [socket.create_connection(("127.0.0.1", ${server.port})) for _ in range(2)]
print([it.recv(6) for it in s], flush=True); time.sleep(600)'`;
      assert.match(
        String(Object(await one.call("background", { command: holding })).output),
        /hello.*hello/,
      );
      assert.doesNotMatch(await shell(two, talking("127.0.0.1", server.port)), /hello/);
      await waitUntil(() => refused.some((it) => /2 connections open/.test(it)), "it is told");
      await one.kill("Enough");
      const flooding = `head -c 1000000 /dev/zero | socat - TCP:127.0.0.1:${server.port} | wc -c`;
      await waitUntil(
        async () => /hello/.test(await shell(two, talking("127.0.0.1", server.port))),
        "the connections of the other are over",
      );
      assert.ok(Number(await shell(two, flooding)) < 200_000);
      await waitUntil(() => refused.some((it) => /100000 bytes/.test(it)), "it is told");
      assert.doesNotMatch(await shell(two, talking("127.0.0.1", server.port)), /hello/);
    }, LIMITS),
);

networkTest(
  "a broker that is killed comes back, and live plugins reach their hosts again",
  (server) =>
    withSandboxedHost(async (host) => {
      const network = [`127.0.0.1:${server.port}`];
      const process = await host.start({ ...host.sandboxed(host.node()), network });
      const before = await host.broker.pid();
      Deno.kill(before!, "SIGKILL");
      await waitUntil(
        async () => ANSWERS.test(await shell(process, talking("127.0.0.1", server.port))),
        "it is reached again",
      );
      assert.notEqual(await host.broker.pid(), before);
    }),
);

networkTest("what goes to each host is counted", (server) =>
  withSandboxedHost(async (host) => {
    const counted = new Map<string, number[]>();
    const process = await host.start({
      ...host.sandboxed(host.node()),
      network: [`127.0.0.1:${server.port}`, "a.invalid"],
      networkEvents: {
        onRefusal: () => {},
        onTraffic: ({ host: name }, { connections, bytesIn, bytesOut, refusals }) => {
          const sums = counted.get(name) ?? [0, 0, 0, 0];
          const more = [connections, bytesIn, bytesOut, refusals];
          counted.set(name, sums.map((sum, place) => sum + more[place]!));
        },
      },
    });
    await shell(process, talking("127.0.0.1", server.port));
    await shell(process, talking("a.invalid", 443));
    await process.close();
    assert.deepEqual(Object.fromEntries(counted), {
      "127.0.0.1": [2, "hello pythonhello node".length, "pythonnode".length, 0],
      "a.invalid": [0, 0, 0, 2],
    });
  }));

/**
 * Ways past the rules of routing to private addresses and to all who listen in this machine's
 * network: by a device that a socket or a packet names, and by multicast.
 */
const ASIDE = `python3 -c '
import errno, socket, struct
TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
device = next(it for it in socket.if_nameindex() if it[1] != "lo")
def told(kind, send):
  try:
    with socket.socket(socket.AF_INET, kind) as s:
      s.settimeout(2)
      send(s)
      return "open"
  except OSError as e:
    return errno.errorcode.get(e.errno, "open")
def bound(s):
  s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device[1].encode())
  s.connect(("10.9.8.6", 80))
def unicast(s):
  s.setsockopt(socket.IPPROTO_IP, 50, struct.pack("!I", device[0]))
  s.sendto(b"x", ("192.168.1.1", 9))
def packet(to):
  info = struct.pack("I8x", device[0])
  return lambda s: s.sendmsg([b"x"], [(socket.IPPROTO_IP, 8, info)], 0, (to, 9))
def source(s):
  with socket.socket(socket.AF_INET, UDP) as own:
    own.connect(("1.1.1.1", 53))
    s.bind((own.getsockname()[0], 0))
  s.sendto(b"x", ("239.255.255.250", 1900))
print(told(TCP, bound), told(UDP, bound), told(UDP, unicast), told(UDP, packet("10.9.8.6")),
  told(UDP, packet("224.0.0.251")), told(UDP, source))
' 2>&1`;

const hasPasta = !ignore && requireTool("pasta") === "present" &&
  await requireDevice("/dev/net/tun") === "present";

Deno.test({
  name:
    "every public host is reached by pasta, no private and no own address, DNS by one port alone",
  ignore: !hasPasta,
  fn: async () => {
    await using server = serve();
    await withSandboxedHost(async (host) => {
      const { everyHost } = host.sandbox.network;
      assert.ok(everyHost.available, JSON.stringify(everyHost));
      const network = ["*", `127.0.0.1:${server.port}`, `10.9.8.7:80`];
      const process = await host.start({ ...host.sandboxed(host.node()), network });
      assert.match(await shell(process, talking("127.0.0.1", server.port)), ANSWERS);
      assert.equal(await shell(process, answering(elsewhere(host.listener.port))), "");
      assert.match(await shell(process, "cat /etc/resolv.conf"), /^nameserver 169\.254\.53\.53/);
      const routes = await shell(
        process,
        "for to in 1.1.1.1 10.9.8.7 10.9.8.6 192.168.1.1 100.64.0.1 169.254.169.254 169.254.53.53; do " +
          'echo "$to $(ip route get $to 2>&1 | head -1 | cut -d" " -f1,2)"; done',
      );
      const unreachable = "RTNETLINK answers:";
      assert.deepEqual(routes.split("\n"), [
        "1.1.1.1 1.1.1.1 via",
        "10.9.8.7 local 10.9.8.7",
        ...["10.9.8.6", "192.168.1.1", "100.64.0.1", "169.254.169.254", "169.254.53.53"]
          .map((address) => `${address} ${unreachable}`),
      ]);
      assert.equal(await shell(process, ASIDE), "EPERM EPERM EPERM EPERM EPERM EPERM");
      const dns = await shell(process, "ip route get 169.254.53.53 ipproto 17 dport 53");
      assert.match(dns, /^169\.254\.53\.53 via/);
    });
  },
});
