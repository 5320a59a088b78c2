import { type Clock, systemClock } from "./clock.ts";
import { crashed, type ExitStatus, TransportError } from "./errors.ts";
import { FloodGuard, Floods } from "./flood_guard.ts";
import { LineSplitter } from "./framing.ts";
import type { SendOutcome, Transport, TransportEvents } from "./transport.ts";
import { WriteQueue } from "./write_queue.ts";

/** The host's ends of a child's pipes, and how the child ended. */
export interface ChildPipes {
  readonly stdin: WritableStream<Uint8Array<ArrayBuffer>>;
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Resolves when the process was reaped; never rejects. */
  readonly exited: Promise<ExitStatus>;
}

export interface StdioTransportOptions {
  readonly clock?: Clock;
  readonly queueBytesMax?: number;
  /** Shared by all transports of a host. */
  readonly floods?: Floods;
}

const READ_BYTES = 64 * 1024;
/** How long the end of stdout waits for the exit status that explains it, which in a sandbox takes a few processes. */
const EXIT_GRACE_MS = 3000;
/**
 * How long nothing may come before an exit waits no more for the rest of stdout, which a grandchild may hold open for
 * ever: so often so many milliseconds, as a host that was held up finds a single wait over before it has read what lies there.
 */
const DRAIN_QUIET_MS = 25;
const DRAIN_QUIET_WAITS = 4;
/** Also where a grandchild goes on writing. */
const DRAIN_WAITS_MAX = 40;
/** A discarded chunk, or any smaller piece, costs as much as one unasked message. */
const DISCARDED_BYTES_PER_CHARGE = READ_BYTES;
/**
 * What a message that was asked for may take to be read; any working plugin needs less. Time beyond it is charged, so
 * that lines which are slow to parse (4 MiB of empty objects take 0.6 s) get a tenth of the host at most.
 */
const READING_MS_PER_MESSAGE = 0.05;
const CHARGES_PER_MS = 10;

/** JSON lines over a child's stdin and stdout. */
export class StdioTransport implements Transport {
  readonly #pipes: ChildPipes;
  readonly #clock: Clock;
  readonly #queue: WriteQueue;
  readonly #flood: FloodGuard;
  readonly #floods: Floods;
  readonly #reader: ReadableStreamBYOBReader;
  #events: TransportEvents | undefined;
  #closed = false;
  /** Messages that were read, less those that nobody asked for. */
  #served = 0;
  /** Chunks that were read. */
  #reads = 0;
  #cancelPause: (() => void) | undefined;

  constructor(pipes: ChildPipes, options: StdioTransportOptions = {}) {
    this.#pipes = pipes;
    this.#clock = options.clock ?? systemClock;
    this.#flood = new FloodGuard(this.#clock);
    this.#floods = options.floods ?? new Floods();
    this.#reader = pipes.stdout.getReader({ mode: "byob" });
    // A broken stdin alone ends nothing: the exit that mostly follows names the reason.
    this.#queue = new WriteQueue(pipes.stdin, () => this.#stdinBroke(), options.queueBytesMax);
  }

  start(events: TransportEvents): void {
    this.#events = events;
    const drained = this.#read(events);
    this.#watch(drained);
  }

  send(line: string): SendOutcome {
    return this.#queue.send(line);
  }

  sendReply(line: string): Promise<void> {
    return this.#queue.sendReply(line);
  }

  penalize(): void {
    this.#served--;
    this.#flood.charge(1);
  }

  endWriting(): Promise<void> {
    return this.#queue.end();
  }

  close(cause: TransportError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.abort();
    this.#cancelPause?.();
    this.#reader.cancel().catch(() => {});
    this.#events?.closed(cause);
  }

  /** Reads to the end of stdout. Never rejects. */
  async #read(events: TransportEvents): Promise<void> {
    const splitter = new LineSplitter({
      message: (message, line) => {
        this.#served++;
        events.message(message, line);
      },
      fault: (fault) => {
        this.#flood.charge(1);
        events.fault(fault);
      },
      discarded: (bytes) => this.#flood.charge(Math.max(1, bytes / DISCARDED_BYTES_PER_CHARGE)),
    });
    let buffer = new ArrayBuffer(READ_BYTES);
    try {
      while (!this.#closed) {
        const { value, done } = await this.#reader.read(new Uint8Array(buffer));
        if (done || value === undefined) break;
        this.#reads++;
        if (!this.#closed) this.#timed(() => splitter.push(value));
        buffer = value.buffer;
        const pauseMs = this.#flood.pauseMs(this.#floods.count + 1);
        if (pauseMs > 0) await this.#floods.during(this.#pause(pauseMs));
      }
    } catch {
      // A pipe that can't be read is a pipe that ended.
    }
    if (!this.#closed) splitter.end();
  }

  /** Charges for the time that `read` takes, beyond what its messages may take. */
  #timed(read: () => void): void {
    const startedAt = this.#clock.now();
    this.#served = 0;
    read();
    const elapsedMs = this.#clock.now() - startedAt;
    const excessMs = elapsedMs - this.#served * READING_MS_PER_MESSAGE;
    if (excessMs > 0) this.#flood.charge(excessMs * CHARGES_PER_MS);
  }

  #pause(pauseMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(pauseMs, resolve);
      this.#cancelPause = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Closes when the process is gone or its stdout has ended, whichever explains more. */
  async #watch(drained: Promise<void>): Promise<void> {
    const exited = this.#pipes.exited;
    const first = await Promise.race([drained.then(() => "drained"), exited.then(() => "exited")]);
    if (first === "exited") {
      await this.#drain(drained);
      return this.close(crashed(await exited));
    }
    const exit = await this.#within(EXIT_GRACE_MS, exited);
    this.close(
      exit === undefined
        ? new TransportError("closed", "The plugin closed its stdout")
        : crashed(exit),
    );
  }

  /** Waits for the end of stdout, or until no more of it comes. */
  async #drain(drained: Promise<void>): Promise<void> {
    const ended = drained.then(() => true);
    let quietWaits = 0;
    for (let wait = 0; wait < DRAIN_WAITS_MAX && quietWaits < DRAIN_QUIET_WAITS; wait++) {
      const before = this.#reads;
      if (await this.#within(DRAIN_QUIET_MS, ended)) return;
      quietWaits = this.#reads === before ? quietWaits + 1 : 0;
    }
  }

  async #within<T>(limitMs: number, promise: Promise<T>): Promise<T | undefined> {
    let cancel = () => {};
    const limit = new Promise<undefined>((resolve) => {
      cancel = this.#clock.after(limitMs, () => resolve(undefined));
    });
    const outcome = await Promise.race([promise, limit]);
    cancel();
    return outcome;
  }

  /** A process that is gone is told by `#watch`, which knows how it ended. */
  async #stdinBroke(): Promise<void> {
    if (await this.#within(EXIT_GRACE_MS, this.#pipes.exited) !== undefined) return;
    this.close(new TransportError("closed", "The plugin closed its stdin"));
  }
}
