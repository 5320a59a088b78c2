/**
 * The broker with a resolver of the test's own, and connections that lead to a server here wherever
 * they were meant to lead.
 */
import assert from "node:assert/strict";
import { Broker, type BrokerOptions } from "./broker.ts";
import type { BrokerReport, RouteTarget } from "./messages.ts";

interface Scene {
  readonly broker: Broker;
  readonly reports: BrokerReport[];
  /** Addresses that were connected to. */
  readonly reached: string[];
  /** What a plugin gets from a target: "" if it is refused. */
  ask(place: number): Promise<string>;
  refusals(): string[];
}

type Target = Omit<RouteTarget, "socketPath" | "mayBePrivate"> & Partial<RouteTarget>;

async function withBroker(
  targets: readonly Target[],
  options: Partial<BrokerOptions>,
  body: (scene: Scene) => Promise<void>,
): Promise<void> {
  const ports: number[] = [];
  using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    for await (const connection of server) {
      await connection.write(new TextEncoder().encode("reached"));
      connection.close();
    }
  })();
  const reports: BrokerReport[] = [];
  const reached: string[] = [];
  const broker = new Broker({
    lookUp: () => Promise.reject(new Error("No such name")),
    ownAddresses: () => [],
    connect: (address) => {
      reached.push(address);
      return Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
    },
    elapsed: () => 0,
    connectionsMax: 1000,
    onReport: (report) => reports.push(report),
    // Tests may listen on this machine's loopback alone.
    listen: () => {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      ports.push(listener.addr.port);
      return Promise.resolve(listener);
    },
    ...options,
  });
  await broker.open({
    route: "route",
    plugin: "plugin",
    targets: targets.map((target, place) => ({
      mayBePrivate: false,
      ...target,
      socketPath: `/${place}.sock`,
    })),
    limits: { connectionsMax: 4, bytesMax: 1_000_000, windowMs: 1000 },
  });
  try {
    await body({
      broker,
      reports,
      reached,
      ask: async (place) => {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port: ports[place]! });
        return await new Response(connection.readable).text().catch(() => "");
      },
      refusals: () => reports.flatMap((it) => it.report === "refused" ? [it.reason] : []),
    });
  } finally {
    broker.close("route");
    server.close();
    await served;
  }
}

const target = (host: string): Target => ({ host, port: 443 });

Deno.test("a name that is rebound to this machine is refused from then on", async () => {
  const answers = [["93.184.216.34"], ["127.0.0.1"], ["93.184.216.34", "::1"]];
  const lookUp = () => Promise.resolve(answers.shift() ?? []);
  await withBroker([target("rebound.example")], { lookUp }, async ({ ask, reached, refusals }) => {
    assert.equal(await ask(0), "reached");
    assert.equal(await ask(0), "");
    assert.equal(await ask(0), "");
    // What was looked up is what was connected to: nobody looks the name up a second time.
    assert.deepEqual(reached, ["93.184.216.34"]);
    assert.match(refusals()[0]!, /leads to the private address 127\.0\.0\.1/);
    assert.match(refusals()[1]!, /leads to the private address ::1/);
  });
});

Deno.test("no name leads to an address that isn't public, in whatever form it is written", async () => {
  const forbidden = ["127.0.0.1", "10.0.0.1", "172.17.0.1", "192.168.1.1", "169.254.169.254"]
    .concat(["100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"])
    .concat(["::", "::1", "fe80::1", "fe80::1%eth0", "fd00::1", "fd00:ec2::254", "ff02::1"])
    .concat(["::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1"])
    .concat(["2002:7f00:1::1", "2001:0:7f00:1::"]);
  const targets = forbidden.map((_, place) => target(`name-${place}.example`));
  const lookUp = (name: string) =>
    Promise.resolve([forbidden[Number(/\d+/.exec(name)?.[0])] ?? ""]);
  await withBroker(targets, { lookUp }, async ({ ask, reached, refusals }) => {
    for (const place of targets.keys()) assert.equal(await ask(place), "", forbidden[place]);
    assert.deepEqual(reached, []);
    assert.equal(refusals().length, forbidden.length);
  });
});

Deno.test("this machine's own public address has to be granted itself", async () => {
  const own = "93.184.216.34";
  const targets = [
    target("own.example"),
    { ...target(own), mayBePrivate: true },
    target("translated.example"),
  ];
  const lookUp = (name: string) =>
    Promise.resolve(name === "own.example" ? [own] : ["64:ff9b::5db8:d822"]);
  const options = { lookUp, ownAddresses: () => [own] };
  await withBroker(targets, options, async ({ ask, reached, refusals }) => {
    assert.equal(await ask(0), "");
    assert.match(refusals()[0]!, /leads to this machine's own address 93\.184\.216\.34/);
    assert.equal(await ask(1), "reached");
    assert.equal(await ask(2), "");
    assert.match(refusals()[1]!, /leads to this machine's own address 64:ff9b::5db8:d822/);
    assert.deepEqual(reached, [own]);
  });
});

Deno.test("an address that doesn't answer leaves the next one its turn", async () => {
  const addresses = ["2606:2800::1", "93.184.216.34"];
  const tried: string[] = [];
  const options: Partial<BrokerOptions> = {
    lookUp: () => Promise.resolve(addresses),
    connect: (address) => {
      tried.push(address);
      return Promise.reject(new Error("Refused"));
    },
  };
  await withBroker([target("two.example")], options, async ({ ask, refusals }) => {
    assert.equal(await ask(0), "");
    assert.deepEqual(tried, addresses);
    assert.deepEqual(refusals(), ['Host "two.example" did not answer at port 443']);
  });
});

Deno.test("connections of all plugins together are limited, beside those of each", async () => {
  const [waiting, free] = [
    Promise.withResolvers<readonly string[]>(),
    Promise.resolve(["1.1.1.1"]),
  ];
  let lookUps = 0;
  const options: Partial<BrokerOptions> = {
    connectionsMax: 2,
    lookUp: () => ++lookUps <= 2 ? waiting.promise : free,
  };
  await withBroker([target("one.example")], options, async ({ ask, refusals }) => {
    const held = [ask(0), ask(0)];
    while (lookUps < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(await ask(0), "");
    assert.deepEqual(refusals(), [
      'Host "one.example" was not connected to: all plugins together have 2 connections open, which is the limit',
    ]);
    waiting.resolve(["1.1.1.1"]);
    assert.deepEqual(await Promise.all(held), ["reached", "reached"]);
    // What ended makes room.
    while (await ask(0) !== "reached") await new Promise((resolve) => setTimeout(resolve, 5));
  });
});

Deno.test("a refusal is told once for each reason and counted each time", async () => {
  await withBroker([target("none.example")], {}, async ({ ask, broker, reports, refusals }) => {
    for (let time = 0; time < 3; time++) assert.equal(await ask(0), "");
    assert.deepEqual(refusals(), ['Host "none.example" is not a known name']);
    broker.reportTraffic();
    const traffic = [{ target: 0, connections: 0, bytesIn: 0, bytesOut: 0, refusals: 3 }];
    assert.deepEqual(reports.at(-1), { report: "traffic", route: "route", traffic });
    const told = reports.length;
    broker.reportTraffic();
    assert.equal(reports.length, told);
  });
});
