import { REVERSE_CALLS_MAX, RpcErrorCode } from "@codex/protocol";
import { RpcError } from "./errors.ts";
import { errorLine, successLine } from "./reply.ts";

const WAITING_MAX = 256;
/** In UTF-16 code units of the requests' lines; each is kept several times over while it is served. */
const WAITING_LENGTH_MAX = 16 * 1024 * 1024;
const RUNNING_LENGTH_MAX = 8 * 1024 * 1024;
/** Told to a plugin whose queue is full. */
const RETRY_AFTER_SECONDS = 1;

export interface ReverseRequest {
  readonly id: number | string;
  readonly method: string;
  /** Unchecked. */
  readonly params: unknown;
  readonly textLength: number;
}

/**
 * Serves one call of a plugin. The result becomes the reply, an `RpcError` the error reply, anything
 * else thrown -32603. `signal` is aborted when the connection closes.
 */
export type ReverseHandler = (
  method: string,
  params: unknown,
  signal: AbortSignal,
) => Promise<unknown>;

/**
 * Runs a plugin's calls, at most {@linkcode REVERSE_CALLS_MAX} at a time, fewer if they are large. A call keeps its place until its reply was taken by
 * the pipe, so a plugin that asks and doesn't read holds up only itself.
 */
export class ReverseCalls {
  readonly #handler: ReverseHandler;
  readonly #send: (line: string) => Promise<void>;
  readonly #closing = new AbortController();
  #running = 0;
  #runningLength = 0;
  #waiting: ReverseRequest[] = [];
  #waitingLength = 0;

  constructor(handler: ReverseHandler, send: (line: string) => Promise<void>) {
    this.#handler = handler;
    this.#send = send;
  }

  /** Takes a call on; false if the queue is full and it was refused. */
  offer(request: ReverseRequest): boolean {
    if (this.#waiting.length === 0 && this.#hasPlace(request)) {
      this.#run(request);
      return true;
    }
    if (
      this.#waiting.length >= WAITING_MAX ||
      this.#waitingLength + request.textLength > WAITING_LENGTH_MAX
    ) return false;
    this.#waiting.push(request);
    this.#waitingLength += request.textLength;
    return true;
  }

  close(): void {
    this.#closing.abort();
    this.#waiting = [];
    this.#waitingLength = 0;
  }

  #hasPlace({ textLength }: ReverseRequest): boolean {
    if (this.#running === 0) return true;
    return this.#running < REVERSE_CALLS_MAX &&
      this.#runningLength + textLength <= RUNNING_LENGTH_MAX;
  }

  async #run(request: ReverseRequest): Promise<void> {
    this.#running++;
    this.#runningLength += request.textLength;
    const line = await this.#answer(request);
    if (!this.#closing.signal.aborted) await this.#send(line);
    this.#running--;
    this.#runningLength -= request.textLength;
    this.#runWaiting();
  }

  #runWaiting(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && this.#hasPlace(next);
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#waitingLength -= next.textLength;
      this.#run(next);
    }
  }

  async #answer({ id, method, params }: ReverseRequest): Promise<string> {
    try {
      return successLine(id, await this.#handler(method, params, this.#closing.signal));
    } catch (error) {
      return errorLine(id, error);
    }
  }
}

/** The refusal of a call for which there is no room. */
export function busyLine(id: number | string): string {
  const data = { retryAfterSeconds: RETRY_AFTER_SECONDS };
  return errorLine(id, new RpcError(RpcErrorCode.rateLimited, "Too many calls wait", data));
}
