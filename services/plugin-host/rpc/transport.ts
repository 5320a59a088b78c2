import { type FramingFault, type JsonObject, type LineFacts, LineSplitter } from "./framing.ts";
import { TransportError } from "./errors.ts";

/** What a transport tells its connection. Called in the order of the stream; must not throw. */
export interface TransportEvents {
  /** One object from the peer. */
  message(message: JsonObject, line: LineFacts): void;
  fault(fault: FramingFault): void;
  /** Once, as the last event: nothing more comes and nothing more is sent. */
  closed(cause: TransportError): void;
}

export type SendOutcome = "queued" | "full" | "closed";

/** A two-way stream of JSON objects to one peer. */
export interface Transport {
  /** Begins reading. Called once, before anything else. */
  start(events: TransportEvents): void;
  /** Queues one line (without its newline). Never waits and never throws. */
  send(line: string): SendOutcome;
  /**
   * Queues one line beyond the limit and resolves when all of it was handed over, or the transport
   * closed. For replies, of which the connection keeps few under way.
   */
  sendReply(line: string): Promise<void>;
  /** The peer sent something nobody asked for: a transport may read on more slowly. */
  penalize(): void;
  /** Ends the writing side after what is queued. Reading goes on. */
  endWriting(): Promise<void>;
  /** Drops everything at once; `closed` follows with this cause unless it came before. */
  close(cause: TransportError): void;
}

/** Two transports joined in memory, with real framing between them. For tests. */
export function memoryTransportPair(): readonly [MemoryTransport, MemoryTransport] {
  const a = new MemoryTransport();
  const b = new MemoryTransport();
  a.join(b);
  b.join(a);
  return [a, b];
}

export class MemoryTransport implements Transport {
  readonly #encoder = new TextEncoder();
  #peer: MemoryTransport | undefined;
  #events: TransportEvents | undefined;
  #splitter: LineSplitter | undefined;
  #closed = false;
  /** How often `penalize` was called. */
  penalties = 0;
  /** While set, `send` refuses, as a full queue does. */
  full = false;

  join(peer: MemoryTransport): void {
    this.#peer = peer;
  }

  start(events: TransportEvents): void {
    this.#events = events;
    this.#splitter = new LineSplitter(events);
  }

  send(line: string): SendOutcome {
    if (this.#closed) return "closed";
    if (this.full) return "full";
    this.sendBytes(this.#encoder.encode(line + "\n"));
    return "queued";
  }

  sendReply(line: string): Promise<void> {
    if (!this.#closed) this.sendBytes(this.#encoder.encode(line + "\n"));
    return Promise.resolve();
  }

  /** Raw bytes to the peer, so that a test can write what no connection would. */
  sendBytes(bytes: Uint8Array): void {
    queueMicrotask(() => this.#peer?.receive(bytes));
  }

  receive(bytes: Uint8Array): void {
    if (!this.#closed) this.#splitter?.push(bytes);
  }

  penalize(): void {
    this.penalties++;
  }

  endWriting(): Promise<void> {
    queueMicrotask(() => this.#peer?.close(new TransportError("closed", "The peer ended")));
    return Promise.resolve();
  }

  close(cause: TransportError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events?.closed(cause);
    queueMicrotask(() => this.#peer?.close(new TransportError("closed", "The peer closed")));
  }
}
