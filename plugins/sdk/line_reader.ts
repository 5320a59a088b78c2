/** Cuts a byte stream into lines, with bounded memory. */
import type { LineSink } from "./transport.ts";

/**
 * Longest line taken from the host, in bytes. A stored value of 1 MiB can take 6 MiB with JSON escapes
 * (`\u0000` for one byte), and a recommendation call carries a whole library.
 */
export const LINE_BYTES_MAX = 32 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * Feed it chunks by {@link push}; each complete line goes to the sink. A line beyond `lineBytesMax` is
 * discarded as it streams and reported once; so is one that is not UTF-8. Empty lines are skipped.
 */
export class LineReader {
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #discarding = false;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });

  constructor(
    private readonly sink: LineSink,
    private readonly lineBytesMax = LINE_BYTES_MAX,
  ) {}

  /** The chunk may be reused by the caller afterwards: what has to wait is copied. */
  push(chunk: Uint8Array): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end === -1) break;
      this.#endLine(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** What follows the last newline is no message: it is dropped and reported. */
  end(): void {
    if (this.#bytes > 0) this.sink.fault(`Input ended inside a line of ${this.#bytes} bytes`);
    this.#reset();
  }

  #keep(piece: Uint8Array): void {
    if (this.#discarding) return;
    if (this.#bytes + piece.length > this.lineBytesMax) {
      this.sink.fault(`Line longer than ${this.lineBytesMax} bytes was discarded`);
      this.#reset();
      this.#discarding = true;
      return;
    }
    this.#parts.push(piece.slice());
    this.#bytes += piece.length;
  }

  #endLine(piece: Uint8Array): void {
    if (this.#bytes + piece.length > this.lineBytesMax) this.#keep(piece);
    if (this.#discarding) {
      this.#discarding = false;
      return;
    }
    const bytes = this.#parts.length === 0 ? piece : this.#join(piece);
    this.#reset();
    let text: string;
    try {
      text = this.#decoder.decode(bytes);
    } catch {
      this.sink.fault("Line that is not UTF-8 was discarded");
      return;
    }
    if (text.trim() !== "") this.sink.line(text);
  }

  #join(last: Uint8Array): Uint8Array {
    const whole = new Uint8Array(this.#bytes + last.length);
    let offset = 0;
    for (const part of this.#parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    whole.set(last, offset);
    return whole;
  }

  #reset(): void {
    this.#parts = [];
    this.#bytes = 0;
  }
}
