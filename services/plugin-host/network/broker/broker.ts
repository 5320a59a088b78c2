/**
 * The egress broker: behind a socket of its own for each granted host it looks the host up, checks
 * where it leads, and pipes. Whoever connects to a socket says nothing that is trusted: the socket
 * alone tells plugin, host and port.
 */
import { Budget } from "./budget.ts";
import { type DestinationOptions, findDestination } from "./destination.ts";
import type { BrokerReport, Route, RouteTarget, TargetTraffic } from "./messages.ts";
import { closeQuietly, pipeBoth } from "./piping.ts";

export interface BrokerOptions extends DestinationOptions {
  /** @throws {Error} if the address can't be reached */
  readonly connect: (address: string, port: number, signal: AbortSignal) => Promise<Deno.Conn>;
  /** Milliseconds of a clock that only goes forward. */
  readonly elapsed: () => number;
  /** Connections of all plugins that may be open at once. */
  readonly connectionsMax: number;
  /** Told of refusals and traffic. Must not throw. */
  readonly onReport: (report: BrokerReport) => void;
  /** Makes the socket of a target. */
  readonly listen: (socketPath: string) => Promise<Listener>;
}

export type Listener = Pick<Deno.Listener, "accept" | "close">;

/** For the look-up and all tries to connect. */
const CONNECT_MS_MAX = 10_000;
/** An address that doesn't answer leaves time for the next one. */
const ADDRESS_MS_MAX = 4000;

interface OpenTarget extends RouteTarget {
  readonly listener: Listener;
  readonly traffic: Omit<TargetTraffic, "target">;
  readonly told: Set<string>;
}

interface OpenRoute {
  readonly name: string;
  readonly plugin: string;
  readonly targets: readonly OpenTarget[];
  readonly connections: Set<Deno.Conn>;
  readonly abort: AbortController;
}

export class Broker {
  readonly #options: BrokerOptions;
  readonly #routes = new Map<string, OpenRoute>();
  /** By plugin: limits outlive its processes. */
  readonly #budgets = new Map<string, Budget>();
  #connections = 0;

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  /** @throws {Error} if a socket can't be made */
  async open(route: Route): Promise<void> {
    if (!this.#budgets.has(route.plugin)) {
      this.#budgets.set(route.plugin, new Budget(route.limits, this.#options.elapsed));
    }
    const targets = await this.#listen(route.targets);
    const open: OpenRoute = {
      name: route.route,
      plugin: route.plugin,
      targets,
      connections: new Set(),
      abort: new AbortController(),
    };
    this.#routes.set(route.route, open);
    for (const target of targets) this.#serve(open, target);
  }

  /** All sockets of a route, or none. */
  async #listen(wanted: readonly RouteTarget[]): Promise<OpenTarget[]> {
    const targets: OpenTarget[] = [];
    try {
      for (const target of wanted) {
        const listener = await this.#options.listen(target.socketPath);
        targets.push({ ...target, listener, traffic: noTraffic(), told: new Set() });
      }
      return targets;
    } catch (error) {
      for (const { listener } of targets) closeQuietly(listener);
      throw error;
    }
  }

  /** Ends what is left of a route, and tells its last traffic. */
  close(name: string): void {
    const route = this.#routes.get(name);
    if (route === undefined) return;
    this.#routes.delete(name);
    route.abort.abort();
    for (const { listener } of route.targets) closeQuietly(listener);
    for (const connection of route.connections) closeQuietly(connection);
    this.#reportTraffic(route);
  }

  /** Tells what went over every route since the last time. */
  reportTraffic(): void {
    for (const route of this.#routes.values()) this.#reportTraffic(route);
  }

  async #serve(route: OpenRoute, target: OpenTarget): Promise<void> {
    while (!route.abort.signal.aborted) {
      try {
        const plugin = await target.listener.accept();
        this.#pass(route, target, plugin);
      } catch {
        // Closed, or no descriptor is left: then others must end first.
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async #pass(route: OpenRoute, target: OpenTarget, plugin: Deno.Conn): Promise<void> {
    const budget = this.#budgets.get(route.plugin)!;
    const full = this.#isFull() ?? budget.openConnection();
    if (full !== undefined) {
      closeQuietly(plugin);
      return this.#refuse(route, target, `Host "${target.host}" was not connected to: ${full}`);
    }
    this.#connections++;
    route.connections.add(plugin);
    try {
      const remote = await this.#reach(route, target);
      if (remote === undefined) return;
      route.connections.add(remote);
      target.traffic.connections++;
      await pipeBoth({
        plugin,
        remote,
        onBytes: (direction, bytes) => {
          target.traffic[direction === "in" ? "bytesIn" : "bytesOut"] += bytes;
          const exhausted = budget.takeBytes(bytes);
          if (exhausted === undefined) return true;
          const reason = `The connection to "${target.host}" was ended: ${exhausted}`;
          this.#refuse(route, target, reason);
          return false;
        },
      });
      route.connections.delete(remote);
    } finally {
      closeQuietly(plugin);
      route.connections.delete(plugin);
      this.#connections--;
      budget.closeConnection();
    }
  }

  /** Each takes two descriptors, and memory for what is on its way. */
  #isFull(): string | undefined {
    const { connectionsMax } = this.#options;
    return this.#connections < connectionsMax
      ? undefined
      : `all plugins together have ${connectionsMax} connections open, which is the limit`;
  }

  /** The connection to where a target leads now; undefined if there is none, which was told. */
  async #reach(route: OpenRoute, target: OpenTarget): Promise<Deno.Conn | undefined> {
    const deadline = AbortSignal.any([AbortSignal.timeout(CONNECT_MS_MAX), route.abort.signal]);
    const destination = await unlessAborted(findDestination(target, this.#options), deadline);
    if (destination?.kind === "refused") {
      this.#refuse(route, target, `Host ${destination.reason}`);
      return undefined;
    }
    for (const address of destination?.addresses ?? []) {
      const signal = AbortSignal.any([AbortSignal.timeout(ADDRESS_MS_MAX), deadline]);
      try {
        const remote = await this.#options.connect(address, target.port, signal);
        if (!route.abort.signal.aborted) return remote;
        closeQuietly(remote);
      } catch {
        // The next address, if there is one.
      }
      if (deadline.aborted) break;
    }
    if (route.abort.signal.aborted) return undefined;
    this.#refuse(route, target, `Host "${target.host}" did not answer at port ${target.port}`);
    return undefined;
  }

  #refuse(route: OpenRoute, { traffic, told }: OpenTarget, reason: string): void {
    traffic.refusals++;
    if (told.has(reason)) return;
    told.add(reason);
    this.#options.onReport({ report: "refused", route: route.name, reason });
  }

  #reportTraffic(route: OpenRoute): void {
    const traffic = route.targets.flatMap((target, place): TargetTraffic[] => {
      const { connections, bytesIn, bytesOut, refusals } = target.traffic;
      if (connections + bytesIn + bytesOut + refusals === 0) return [];
      Object.assign(target.traffic, noTraffic());
      return [{ target: place, connections, bytesIn, bytesOut, refusals }];
    });
    if (traffic.length === 0) return;
    this.#options.onReport({ report: "traffic", route: route.name, traffic });
  }
}

function noTraffic() {
  return { connections: 0, bytesIn: 0, bytesOut: 0, refusals: 0 };
}

async function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const leave = () => resolve(undefined);
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
