import type { SendOutcome } from "./transport.ts";

/**
 * What may wait for a plugin that reads slowly, beyond which calls are refused (protocol.md
 * "Framing"): bytes of the write under way and UTF-16 code units of the text behind it, which is
 * encoded only when its turn comes. Room for one value of the largest size with its escapes.
 */
export const QUEUE_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Lines on their way into a pipe. One write is under way at a time, and everything sent meanwhile,
 * or within the same tick, is encoded and written as one chunk after it: a write for each line, or
 * awaiting each, costs most of the throughput.
 */
export class WriteQueue {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #queueBytesMax: number;
  readonly #onBroken: () => void;
  readonly #encoder = new TextEncoder();
  #text = "";
  #written: (() => void)[] = [];
  /** Bytes of the write under way. */
  #writingBytes = 0;
  #flushing: Promise<void> | undefined;
  #closed = false;

  /** `onBroken` is called once if the pipe refuses a write. */
  constructor(
    stream: WritableStream<Uint8Array<ArrayBuffer>>,
    onBroken: () => void,
    queueBytesMax = QUEUE_BYTES_MAX,
  ) {
    this.#writer = stream.getWriter();
    // A pipe that breaks also rejects `closed`; unheard, that rejection would end the host.
    this.#writer.closed.catch(() => {});
    this.#onBroken = onBroken;
    this.#queueBytesMax = queueBytesMax;
  }

  /** Queues one line if there is room. A line larger than the whole queue still fits an empty one. */
  send(line: string): SendOutcome {
    if (this.#closed) return "closed";
    const queued = this.#writingBytes + this.#text.length;
    if (queued > 0 && queued + line.length > this.#queueBytesMax) return "full";
    this.#enqueue(line);
    return "queued";
  }

  /** Queues one line whatever the room; resolves when it was written or the queue closed. */
  sendReply(line: string): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#enqueue(line);
    return new Promise((resolve) => this.#written.push(resolve));
  }

  /** Closes the pipe after what is queued. Never rejects. */
  async end(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#flushing;
    await this.#writer.close().catch(() => {});
  }

  /** Drops what is queued. */
  abort(): void {
    this.#drop();
    this.#writer.abort().catch(() => {});
  }

  #enqueue(line: string): void {
    this.#text += line + "\n";
    // The microtask runs after every caller that the same tick wakes has sent its line.
    this.#flushing ??= Promise.resolve().then(() => this.#flush());
  }

  async #flush(): Promise<void> {
    while (this.#text !== "") {
      const chunk = this.#encoder.encode(this.#text);
      const written = this.#written;
      this.#text = "";
      this.#written = [];
      this.#writingBytes = chunk.length;
      try {
        await this.#writer.write(chunk);
      } catch {
        this.#break();
      }
      this.#writingBytes = 0;
      for (const resolve of written) resolve();
    }
    this.#flushing = undefined;
  }

  #break(): void {
    const wasClosed = this.#closed;
    this.#drop();
    if (!wasClosed) this.#onBroken();
  }

  #drop(): void {
    this.#closed = true;
    this.#text = "";
    for (const resolve of this.#written) resolve();
    this.#written = [];
  }
}
