/** Lines of a byte stream, with bounded memory whatever the stream brings. */

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  /** Without its line feed; undefined for a line that was longer than allowed. */
  readonly bytes: Uint8Array | undefined;
}

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;
const HELD_BYTES_MIN = 4096;

/**
 * Cuts chunks of bytes into lines at line feeds; a byte order mark at the very start is dropped.
 *
 * A line longer than `bytesMax` is discarded as it streams, so at most that much is held. Lines that
 * lie in one chunk are views of it, not copies.
 */
export class LineSplitter {
  #number = 1;
  /** The beginning of a line that goes on in the next chunk. One buffer, since chunks may be tiny and many. */
  #held = new Uint8Array(HELD_BYTES_MIN);
  #heldBytes = 0;
  #isTooLong = false;

  constructor(private readonly bytesMax: number) {}

  /** The lines that end in this chunk. */
  push(chunk: Uint8Array): Line[] {
    const lines: Line[] = [];
    let start = 0;
    while (true) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end < 0) break;
      lines.push(this.#finish(chunk.subarray(start, end)));
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
    return lines;
  }

  /** The last line, when it has no line feed. */
  end(): Line[] {
    if (this.#heldBytes === 0 && !this.#isTooLong) return [];
    return [this.#finish(new Uint8Array())];
  }

  #finish(rest: Uint8Array): Line {
    let bytes: Uint8Array | undefined = rest;
    if (this.#heldBytes > 0 || this.#isTooLong) {
      this.#hold(rest);
      bytes = this.#isTooLong ? undefined : this.#held.slice(0, this.#heldBytes);
    } else if (rest.length > this.bytesMax) {
      bytes = undefined;
    }
    this.#heldBytes = 0;
    this.#isTooLong = false;
    const number = this.#number++;
    return { number, bytes: number === 1 && bytes !== undefined ? withoutMark(bytes) : bytes };
  }

  #hold(bytes: Uint8Array): void {
    if (this.#isTooLong) return;
    const total = this.#heldBytes + bytes.length;
    if (total > this.bytesMax) {
      this.#isTooLong = true;
      this.#heldBytes = 0;
      return;
    }
    if (total > this.#held.length) {
      const grown = new Uint8Array(Math.min(this.bytesMax, Math.max(total, this.#held.length * 2)));
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes = total;
  }
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte) ? bytes.subarray(3) : bytes;
}
