/**
 * Newline-delimited JSON objects out of a stream of bytes (protocol.md "Framing").
 *
 * The bytes come from an untrusted plugin: nothing here throws on any input, and memory stays
 * bounded by `lineBytesMax` however the bytes are cut.
 */
import { type ExactJson, LINE_BYTES_MAX, parseExact } from "@codex/protocol";
import { JSON_PARTS_MAX, shapeOf } from "./json_shape.ts";
import { plainText } from "./plain_text.ts";

/** A JSON object as parsed: own keys only, values unchecked. */
export type JsonObject = { readonly [key: string]: unknown };

/** Why a line was skipped. */
export type FramingFaultKind =
  | "line-too-long"
  | "line-too-full"
  | "invalid-utf8"
  | "not-json"
  | "not-an-object";

export interface FramingFault {
  readonly kind: FramingFaultKind;
  /** Start of the line where it is readable text, so that an admin can tell what was printed. */
  readonly excerpt: string;
}

/** What a message's line tells beside what was parsed of it. */
export interface LineFacts {
  /** In UTF-16 code units. */
  readonly textLength: number;
  /** Levels of arrays and objects, if they may be too many. */
  readonly depth: number;
  /** The first number that can't be kept exactly; in the message each such number is infinite. */
  readonly inexact: string | undefined;
}

export interface FramingSink {
  /** One complete object. */
  message(message: JsonObject, line: LineFacts): void;
  /** One line that was skipped. */
  fault(fault: FramingFault): void;
  /** Bytes thrown away, of a line too long or of blank lines: for whoever limits floods. */
  discarded?(bytes: number): void;
}

const NEWLINE = 0x0a;
const EXCERPT_LENGTH_MAX = 120;
const CARRY_BYTES_MIN = 4096;
/** A carry buffer larger than this is let go after use, so that one long line costs nothing later. */
const CARRY_BYTES_KEPT = 256 * 1024;

/**
 * Cuts chunks into lines and parses each once. The caller may reuse a chunk's buffer as soon as
 * `push` returns.
 */
export class LineSplitter {
  readonly #sink: FramingSink;
  readonly #lineBytesMax: number;
  // `ignoreBOM` keeps a byte order mark in the text, for whoever parses it: stripped here, the outcome
  // would depend on where chunks are cut.
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** Start of a line whose end has not come yet. Grows by doubling, never beyond the limit. */
  #carry = new Uint8Array(CARRY_BYTES_MIN);
  #carryLength = 0;
  #discarding = false;

  constructor(sink: FramingSink, lineBytesMax = LINE_BYTES_MAX) {
    this.#sink = sink;
    this.#lineBytesMax = lineBytesMax;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    if (this.#discarding || this.#carryLength > 0) {
      const end = chunk.indexOf(NEWLINE);
      if (end === -1) return this.#keep(chunk);
      this.#finishCarried(chunk.subarray(0, end));
      start = end + 1;
    }
    const lastNewline = chunk.lastIndexOf(NEWLINE);
    if (lastNewline >= start) {
      this.#completeLines(chunk.subarray(start, lastNewline));
      start = lastNewline + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /**
   * The stream ended. A last line without its newline still counts if it is complete: a JSON object
   * that was cut off can't parse.
   */
  end(): void {
    if (this.#carryLength > 0 && !this.#discarding) this.#finishCarried(new Uint8Array(0));
    this.#discarding = false;
    this.#carryLength = 0;
  }

  /** Lines that lie whole within one chunk: decoded together, since one decode is much the cheapest. */
  #completeLines(bytes: Uint8Array): void {
    const text = bytes.length > this.#lineBytesMax ? undefined : this.#decode(bytes);
    if (text === undefined) return this.#linesApart(bytes);
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      this.#parse(text.slice(start, end));
      start = end + 1;
    }
    this.#parse(start === 0 ? text : text.slice(start));
  }

  /** The careful way, for chunks with a bad line in them: only that line is lost. */
  #linesApart(bytes: Uint8Array): void {
    let start = 0;
    while (start <= bytes.length) {
      const found = bytes.indexOf(NEWLINE, start);
      const end = found === -1 ? bytes.length : found;
      this.#line(bytes.subarray(start, end));
      start = end + 1;
    }
  }

  #line(bytes: Uint8Array): void {
    if (bytes.length > this.#lineBytesMax) {
      this.#sink.fault({ kind: "line-too-long", excerpt: this.#head(bytes) });
      this.#sink.discarded?.(bytes.length);
      return;
    }
    const text = this.#decode(bytes);
    if (text === undefined) this.#sink.fault({ kind: "invalid-utf8", excerpt: "" });
    else this.#parse(text);
  }

  #keep(bytes: Uint8Array): void {
    if (this.#discarding) {
      this.#sink.discarded?.(bytes.length);
      return;
    }
    const length = this.#carryLength + bytes.length;
    if (length > this.#lineBytesMax) {
      this.#discarding = true;
      const excerpt = this.#head(this.#carry.subarray(0, this.#carryLength), bytes);
      this.#releaseCarry();
      this.#sink.fault({ kind: "line-too-long", excerpt });
      this.#sink.discarded?.(length);
      return;
    }
    if (length > this.#carry.length) this.#grow(length);
    this.#carry.set(bytes, this.#carryLength);
    this.#carryLength = length;
  }

  #finishCarried(tail: Uint8Array): void {
    this.#keep(tail);
    if (this.#discarding) {
      this.#discarding = false;
      return;
    }
    this.#line(this.#carry.subarray(0, this.#carryLength));
    this.#releaseCarry();
  }

  #grow(length: number): void {
    let capacity = this.#carry.length;
    while (capacity < length) capacity *= 2;
    const grown = new Uint8Array(Math.min(capacity, this.#lineBytesMax));
    grown.set(this.#carry.subarray(0, this.#carryLength));
    this.#carry = grown;
  }

  #releaseCarry(): void {
    this.#carryLength = 0;
    if (this.#carry.length > CARRY_BYTES_KEPT) this.#carry = new Uint8Array(CARRY_BYTES_MIN);
  }

  /** The beginning of a line too long, the same however it was cut. */
  #head(...parts: readonly Uint8Array[]): string {
    const bytes = parts.flatMap((part) => [...part.subarray(0, EXCERPT_LENGTH_MAX)]);
    const known = bytes.slice(0, Math.min(EXCERPT_LENGTH_MAX, this.#lineBytesMax));
    return excerpt(new TextDecoder().decode(Uint8Array.from(known)));
  }

  #decode(bytes: Uint8Array): string | undefined {
    try {
      return this.#decoder.decode(bytes);
    } catch {
      return undefined;
    }
  }

  #parse(text: string): void {
    const { depth, parts } = shapeOf(text);
    if (parts > JSON_PARTS_MAX) {
      this.#sink.fault({ kind: "line-too-full", excerpt: excerpt(text) });
      return;
    }
    let parsed: ExactJson;
    try {
      parsed = parseExact(text);
    } catch {
      // A blank line (some programs print "\r\n" between messages) harms nobody, a million of them do.
      if (text.trim() === "") this.#sink.discarded?.(text.length + 1);
      else this.#sink.fault({ kind: "not-json", excerpt: excerpt(text) });
      return;
    }
    const { value, inexact } = parsed;
    const line = { textLength: text.length, depth, inexact };
    if (isJsonObject(value)) this.#sink.message(value, line);
    else this.#sink.fault({ kind: "not-an-object", excerpt: excerpt(text) });
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function excerpt(text: string): string {
  return plainText(text, EXCERPT_LENGTH_MAX);
}
