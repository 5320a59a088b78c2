import {
  CANCEL_METHOD,
  inexactWords,
  LINE_BYTES_MAX,
  pathOfInfinite,
  REQUEST_TIMEOUT_SECONDS_DEFAULT,
  RpcErrorCode,
  toPointer,
} from "@codex/protocol";
import { AbandonedCalls } from "./abandoned_calls.ts";
import { AnswerRecord, isWork, type SendingRecord } from "./answer_record.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Deadlines } from "./deadlines.ts";
import { AbandonedError, RpcError, TransportError } from "./errors.ts";
import type { FramingFault, FramingFaultKind, JsonObject, LineFacts } from "./framing.ts";
import { JSON_DEPTH_MAX, JSON_PARTS_MAX } from "./json_shape.ts";
import { readOversizedLine } from "./oversized_line.ts";
import { plainText } from "./plain_text.ts";
import { errorLine, readReply } from "./reply.ts";
import { busyLine, ReverseCalls, type ReverseHandler } from "./reverse_calls.ts";
import type { Transport } from "./transport.ts";

/** protocol.md "Lifecycle": the deadline of a call unless the admin chose another. */
const CALL_TIMEOUT_MS = REQUEST_TIMEOUT_SECONDS_DEFAULT * 1000;

export type ProtocolFaultKind = FramingFaultKind | "invalid-request" | "malformed-reply";

export interface ConnectionOptions {
  /** Serves the peer's calls; without it each is answered with METHOD_NOT_FOUND. */
  readonly onRequest?: ReverseHandler;
  /** Told of each fault of the peer's; `excerpt` is what can be shown of it. Must not throw. */
  readonly onFault?: (kind: ProtocolFaultKind, excerpt: string) => void;
  readonly clock?: Clock;
  readonly timeoutMs?: number;
}

export interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What came and was dropped, counting against nobody (protocol.md "Framing"). */
export interface DroppedCounts {
  /** Replies whose id is null, missing, of another type or of no call of ours. */
  unknownReplies: number;
  /** Replies to a call that had ended, and second replies. */
  lateReplies: number;
  notifications: number;
}

interface PendingCall {
  readonly method: string;
  readonly sending: SendingRecord;
  readonly deadline: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: RpcError | TransportError) => void;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: (() => void) | undefined;
}

const refuseAll: ReverseHandler = (method) =>
  Promise.reject(new RpcError(RpcErrorCode.methodNotFound, `Method "${method}" is unknown`));

/** JSON-RPC 2.0 in both directions over one transport; the peer is taken to be hostile. */
export class Connection {
  /** Resolves with the cause when the connection has ended, however it did. */
  readonly closed: Promise<TransportError>;
  readonly dropped: DroppedCounts = { unknownReplies: 0, lateReplies: 0, notifications: 0 };
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onFault: (kind: ProtocolFaultKind, excerpt: string) => void;
  readonly #pending = new Map<unknown, PendingCall>();
  readonly #abandoned = new AbandonedCalls();
  readonly #answers = new AnswerRecord();
  readonly #deadlines: Deadlines;
  readonly #reverse: ReverseCalls;
  #resolveClosed: (cause: TransportError) => void = () => {};
  #cause: TransportError | undefined;
  #nextId = 1;

  constructor(transport: Transport, options: ConnectionOptions = {}) {
    this.#transport = transport;
    this.#clock = options.clock ?? systemClock;
    this.#timeoutMs = options.timeoutMs ?? CALL_TIMEOUT_MS;
    this.#onFault = options.onFault ?? (() => {});
    this.#deadlines = new Deadlines(this.#clock, (now) => this.#expire(now));
    this.#reverse = new ReverseCalls(
      options.onRequest ?? refuseAll,
      (line) => transport.sendReply(line),
    );
    this.closed = new Promise((resolve) => this.#resolveClosed = resolve);
    transport.start({
      message: (message, line) => this.#receive(message, line),
      fault: (fault) => this.#receiveFault(fault),
      closed: (cause) => this.#end(cause),
    });
  }

  get isClosed(): boolean {
    return this.#cause !== undefined;
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  /** Milliseconds since the peer had something to answer and did not; a ping's answer is none. */
  get silentMs(): number {
    return this.#answers.silentMs(this.#clock.now());
  }

  /** The id of the next call: what was sent before has a lower one. */
  get nextId(): number {
    return this.#nextId;
  }

  /** Takes calls that were given up, sent before this id, as no longer worked on. */
  releaseAbandoned(beforeId: number): void {
    this.#abandoned.releaseBefore(beforeId);
  }

  /**
   * Calls the peer.
   * @returns the `result` of the reply, unchecked
   * @throws {RpcError} what the peer answered
   * @throws {TransportError} why there is no answer; {@linkcode AbandonedError} once it was sent
   * and given up
   */
  call(method: string, params: unknown, options: CallOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (this.#cause !== undefined) return reject(this.#cause);
      if (signal?.aborted) return reject(cancelled(method));
      const id = this.#nextId;
      const outcome = this.#transport.send(
        JSON.stringify({ jsonrpc: "2.0", id, method, params }),
      );
      if (outcome !== "queued") return reject(refused(outcome, method));
      this.#nextId++;
      const now = this.#clock.now();
      const deadline = now + (options.timeoutMs ?? this.#timeoutMs);
      const sending = this.#answers.sending(now, this.#pending.size === 0);
      const onAbort = signal && (() => this.#abandon(id, "cancelled"));
      signal?.addEventListener("abort", onAbort!, { once: true });
      this.#pending.set(id, { method, sending, deadline, resolve, reject, signal, onAbort });
      this.#deadlines.arm(deadline);
    });
  }

  /** Sends a notification if there is room for it. */
  notify(method: string, params: unknown): void {
    this.#transport.send(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  /** Ends the writing side, so that a peer that reads to the end stops by itself. */
  endWriting(): Promise<void> {
    return this.#transport.endWriting();
  }

  /** Drops the connection: every waiting caller fails at once with `cause`. */
  close(cause = new TransportError("closed", "The connection was closed")): void {
    this.#transport.close(cause);
  }

  /** Direction is told by `method` alone, since both sides number their requests from 1. */
  #receive(message: JsonObject, line: LineFacts): void {
    if (message.method === undefined || message.method === null) {
      this.#receiveReply(message, line.depth);
    } else this.#receiveRequest(message, line);
  }

  #receiveReply(message: JsonObject, depth: number): void {
    const { id } = message;
    const call = this.#pending.get(id);
    if (call === undefined) {
      const wasOurs = Number.isInteger(id) && Number(id) >= 1 && Number(id) < this.#nextId;
      this.dropped[wasOurs ? "lateReplies" : "unknownReplies"]++;
      if (this.#abandoned.answered(id)) this.#answers.answered(this.#clock.now());
      return this.#transport.penalize();
    }
    const reply = readReply(message, depth);
    if (isWork(call.method)) this.#answers.answered(this.#clock.now());
    this.#settle(id, call);
    if (reply.ok) return call.resolve(reply.result);
    if (reply.error instanceof TransportError) {
      this.#onFault("malformed-reply", reply.error.message);
    }
    call.reject(reply.error);
  }

  #receiveRequest(message: JsonObject, line: LineFacts): void {
    const { id, method, params } = message;
    if (id === undefined || id === null) {
      this.dropped.notifications++;
      return this.#transport.penalize();
    }
    if (!isEchoableId(id)) return this.#invalidRequest("A request's id can't be echoed exactly");
    if (typeof method !== "string") {
      this.#refuse(errorLine(id, new RpcError(RpcErrorCode.invalidRequest, "Method is no string")));
      return this.#invalidRequest("A request's method is no string");
    }
    const fault = faultOfParams(params, line);
    if (fault !== undefined) {
      return this.#refuse(errorLine(id, new RpcError(RpcErrorCode.invalidParams, fault)));
    }
    const { textLength } = line;
    if (!this.#reverse.offer({ id, method, params, textLength })) this.#refuse(busyLine(id));
  }

  #receiveFault({ kind, excerpt }: FramingFault): void {
    const why = OVERSIZED[kind];
    if (why !== undefined && this.#failOversized(excerpt, why)) return;
    this.#onFault(kind, excerpt);
  }

  /** Spares the caller whose answer was too large, and the peer whose call was, the wait for their deadlines. */
  #failOversized(head: string, message: string): boolean {
    const line = readOversizedLine(head);
    if (line.kind === "request") {
      const error = new RpcError(RpcErrorCode.invalidRequest, `The line of the call ${message}`);
      this.#refuse(errorLine(line.id, error));
      return false;
    }
    // An object, while one call waits, can hardly be anything else.
    const isOnly = this.#pending.size === 1 && head.startsWith("{");
    const [only] = isOnly ? this.#pending.keys() : [];
    const id = line.kind === "reply" ? line.id : only;
    const call = this.#pending.get(id);
    if (call === undefined) return false;
    const error = new TransportError("protocol", `The answer to "${call.method}" ${message}`);
    this.#settle(id, call);
    if (isWork(call.method)) this.#answers.answered(this.#clock.now());
    this.#onFault("malformed-reply", error.message);
    call.reject(error);
    return true;
  }

  #invalidRequest(excerpt: string): void {
    this.#transport.penalize();
    this.#onFault("invalid-request", excerpt);
  }

  /** A refusal goes out if there is room: a peer that floods doesn't read either. */
  #refuse(line: string): void {
    this.#transport.penalize();
    this.#transport.send(line);
  }

  #settle(id: unknown, call: PendingCall): void {
    this.#pending.delete(id);
    if (call.onAbort !== undefined) call.signal?.removeEventListener("abort", call.onAbort);
  }

  /** Fails one call and tells the peer to stop working on it. */
  #abandon(id: number, kind: "timeout" | "cancelled"): void {
    const call = this.#pending.get(id);
    if (call === undefined) return;
    this.#settle(id, call);
    this.notify(CANCEL_METHOD, { id });
    const { method, sending } = call;
    const wasBusy = this.#answers.wasBusySince(sending);
    const workedOff = isWork(method) ? this.#abandoned.add(id) : Promise.resolve();
    const isHang = kind === "timeout" && !wasBusy;
    call.reject(
      new AbandonedError(kind, ABANDONED[kind](method), {
        workedOff,
        wasBusy,
        ...(isHang && { hang: this.#answers.hangOf(sending, this.#clock.now()) }),
      }),
    );
  }

  #expire(now: number): void {
    let next = Infinity;
    for (const [id, call] of this.#pending) {
      if (call.deadline > now) next = Math.min(next, call.deadline);
      else this.#abandon(Number(id), "timeout");
    }
    if (next !== Infinity) this.#deadlines.arm(next);
  }

  #end(cause: TransportError): void {
    this.#cause = cause;
    this.#abandoned.releaseBefore(Infinity);
    this.#deadlines.stop();
    this.#reverse.close();
    for (const [id, call] of this.#pending) {
      this.#settle(id, call);
      call.reject(cause);
    }
    this.#resolveClosed(cause);
  }
}

/** Why a line that may be somebody's answer was not read. */
const OVERSIZED: Partial<Record<FramingFaultKind, string>> = {
  "line-too-long": `is longer than ${LINE_BYTES_MAX / 1024 / 1024} MiB`,
  "line-too-full": `holds more than ${JSON_PARTS_MAX} values and fields`,
};

const POINTER_LENGTH_MAX = 200;

/** Why params can't be served, whatever the method. */
function faultOfParams(params: unknown, { depth, inexact }: LineFacts): string | undefined {
  if (depth > JSON_DEPTH_MAX) return `Params are nested deeper than ${JSON_DEPTH_MAX}`;
  const place = inexact === undefined ? undefined : pathOfInfinite(params);
  if (inexact === undefined || place === undefined) return undefined;
  const pointer = plainText(toPointer(place), POINTER_LENGTH_MAX);
  return `${pointer || "Params"}: ${inexactWords(inexact)}`;
}

/** Strings and the numbers that JSON.parse keeps as they were written. */
function isEchoableId(id: unknown): id is number | string {
  if (typeof id === "string") return true;
  return typeof id === "number" && Number.isFinite(id) &&
    (Number.isSafeInteger(id) || !Number.isInteger(id));
}

function refused(outcome: "full" | "closed", method: string): TransportError {
  return outcome === "full"
    ? new TransportError(
      "queue-full",
      `The plugin does not read its input, "${method}" was refused`,
    )
    : new TransportError("closed", `The plugin takes no more calls, "${method}" was refused`);
}

function cancelled(method: string): TransportError {
  return new TransportError("cancelled", ABANDONED.cancelled(method));
}

const ABANDONED = {
  cancelled: (method: string) => `The call of "${method}" was cancelled`,
  timeout: (method: string) => `The plugin did not answer "${method}" in time`,
} as const;
