/**
 * The gateway's own loop around `accept`: no anonymous client can take all connections, hold one
 * for long, or end the process.
 */
import { addressGroup, type Logger, type RunningServer } from "@codex/service";
import { connectionRuntime } from "./connection_runtime.ts";
import { ConnectionTable, type PhaseLimits } from "./connection_table.ts";
import { type RequestHandler, ServedConnection } from "./served_connection.ts";
import { UsageLimit } from "./usage_limit.ts";

export interface ConnectionServerOptions {
  readonly hostname: string;
  readonly port: number;
  readonly handle: RequestHandler;
  readonly logger: Logger;
  /** Connections in all, and requests under way on them. */
  readonly max: number;
  /** Of those, what one IPv4 address or one IPv6 network may have. */
  readonly perAddressMax: number;
  readonly limits?: PhaseLimits;
  /** Whether nothing more is accepted of a group of addresses for now. */
  readonly isShutOut?: (group: string) => boolean;
}

export interface ConnectionServer extends RunningServer {
  /** Connections that are open now. */
  readonly count: number;
}

export const PHASE_LIMITS: PhaseLimits = {
  /** Milliseconds for the first head. */
  unheard: 10_000,
  /**
   * Longer than proxies keep a connection without use (Caddy 2 minutes, Traefik 90 s, nginx 60 s).
   */
  idle: 150_000,
  /** Milliseconds for one piece of an answer to be taken: at most some megabytes. */
  answering: 60_000,
  /** Milliseconds for the last bytes, on a connection that isn't kept. */
  closing: 1000,
};

/**
 * Connections that the kernel keeps until they are accepted, if it may (`net.core.somaxconn`). Who
 * comes to a full queue tries again after a second or more, and accepting takes far less.
 */
const BACKLOG = 4096;
/** Milliseconds between two looks at who has let the time pass. */
const SWEEP_MS = 500;
/** Milliseconds between two tries to accept where it failed. */
const ACCEPT_AGAIN_MS = 50;
/** Milliseconds between two lines in the log about the same trouble. */
const REPORT_EVERY_MS = 10_000;
/** Milliseconds between two steps down, so that what was closed is really gone. */
const SHRINK_EVERY_MS = 1000;
/**
 * Milliseconds without the trouble after which as many connections as configured are taken again.
 */
const RESTORE_AFTER_MS = 60_000;

/** The process, or the whole system, has no descriptors left. */
const OUT_OF_DESCRIPTORS = new Set(["EMFILE", "ENFILE"]);

/** Listens and serves until it is shut down. */
export function serveConnections(options: ConnectionServerOptions): ConnectionServer {
  return new AcceptLoop(options);
}

class AcceptLoop implements ConnectionServer {
  readonly #options: ConnectionServerOptions;
  readonly #listener: Deno.TcpListener;
  readonly #table: ConnectionTable;
  readonly #requests: UsageLimit;
  readonly #serve = connectionRuntime();
  readonly #served = new Set<ServedConnection>();
  readonly #sweeping: ReturnType<typeof setInterval>;
  readonly #ended = Promise.withResolvers<void>();
  #isStopping = false;
  #refused = 0;
  #refusedToldAt = -Infinity;
  #acceptToldAt = -Infinity;
  #shrunkAt = -Infinity;

  constructor(options: ConnectionServerOptions) {
    this.#options = options;
    this.#table = new ConnectionTable({
      max: options.max,
      perGroupMax: options.perAddressMax,
      limits: options.limits ?? PHASE_LIMITS,
      now: () => performance.now(),
    });
    this.#requests = new UsageLimit({ max: options.max, perKeyMax: options.perAddressMax });
    const { hostname, port } = options;
    this.#listener = Deno.listen({ hostname, port, tcpBacklog: BACKLOG });
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS);
    void this.#acceptAll();
  }

  get addr(): Deno.NetAddr {
    return this.#listener.addr;
  }

  get count(): number {
    return this.#table.count;
  }

  async shutdown(): Promise<void> {
    this.#isStopping = true;
    this.#listener.close();
    this.#table.endWaiting();
    for (const served of this.#served) served.finish();
    if (this.#served.size > 0) await this.#ended.promise;
    clearInterval(this.#sweeping);
  }

  async #acceptAll(): Promise<void> {
    while (!this.#isStopping) {
      try {
        this.#take(await this.#listener.accept());
      } catch (error) {
        if (this.#isStopping) return;
        this.#acceptFailed(error);
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_AGAIN_MS));
      }
    }
  }

  #take(connection: Deno.TcpConn): void {
    const { remoteAddr } = connection;
    const group = "hostname" in remoteAddr ? addressGroup(remoteAddr.hostname) : "unknown";
    if (this.#options.isShutOut?.(group)) {
      connection.close();
      this.#refused++;
      return;
    }
    const served = ServedConnection.begin({
      connection,
      group,
      table: this.#table,
      requests: this.#requests,
      serve: this.#serve,
      handle: this.#options.handle,
      onEnd: (one) => this.#end(one),
    });
    if (served === undefined) this.#refused++;
    else this.#served.add(served);
  }

  #end(served: ServedConnection): void {
    this.#served.delete(served);
    if (this.#isStopping && this.#served.size === 0) this.#ended.resolve();
  }

  #acceptFailed(error: unknown): void {
    const now = performance.now();
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    if (OUT_OF_DESCRIPTORS.has(String(code)) && now - this.#shrunkAt >= SHRINK_EVERY_MS) {
      this.#shrunkAt = now;
      this.#table.shrink();
    }
    if (now - this.#acceptToldAt < REPORT_EVERY_MS) return;
    this.#acceptToldAt = now;
    this.#options.logger.error(
      "A connection can't be accepted, {max} at most are taken for now: raise the limit of open " +
        "files, or lower CODEX_CONNECTIONS_MAX",
      { max: this.#table.max, errorText: String(error) },
    );
  }

  #sweep(): void {
    const now = performance.now();
    this.#table.sweep();
    if (now - this.#shrunkAt >= RESTORE_AFTER_MS) this.#table.restore();
    if (this.#refused === 0 || now - this.#refusedToldAt < REPORT_EVERY_MS) return;
    this.#options.logger.warn("Refused {refused} connections: {count} are open", {
      refused: this.#refused,
      count: this.#table.count,
    });
    this.#refused = 0;
    this.#refusedToldAt = now;
  }
}
