/** Requests in both directions over one transport; knows nothing of the protocol's methods. */
import { ConnectionError, HostError, toErrorObject } from "./errors.ts";
import { type ErrorObject, type Message, parseMessage, type RequestId } from "./json_rpc.ts";
import type { Transport } from "./transport.ts";

/** A request of the host, while it is being answered. */
export interface IncomingRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly params: unknown;
  /** Fires when the host gave the request up, or when the plugin has to stop. */
  readonly signal: AbortSignal;
}

export interface ConnectionEvents {
  /** Answers a request; what it throws becomes the error reply. */
  request(request: IncomingRequest): unknown;
  notification(method: string, params: unknown): void;
  /** Something worth a line in the log. */
  fault(reason: string): void;
}

export interface CallOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** The host's request in whose service this one is made. */
  readonly parentRequestId?: RequestId | undefined;
  /** Notification that tells the other side when `signal` fires. Only plugins take one. */
  readonly cancelMethod?: string | undefined;
}

interface PendingCall {
  resolve(result: unknown): void;
  reject(reason: Error): void;
}

interface ActiveRequest {
  readonly controller: AbortController;
  readonly settled: Promise<void>;
}

export class Connection {
  #nextId = 1;
  #closed = false;
  readonly #pending = new Map<RequestId, PendingCall>();
  readonly #active = new Map<RequestId, ActiveRequest>();

  constructor(
    private readonly transport: Transport,
    private readonly events: ConnectionEvents,
  ) {}

  /** Reads until the input ends. By then every pending call has failed and every handler's signal has fired. */
  async listen(): Promise<void> {
    try {
      await this.transport.receive({
        line: (text) => this.#receive(parseMessage(text)),
        fault: (reason) => this.events.fault(reason),
      });
    } finally {
      this.close();
    }
  }

  /**
   * Calls the other side.
   *
   * @throws {HostError} the host answered with an error
   * @throws {ConnectionError} no answer: deadline, cancelled, or the input has ended
   */
  call(method: string, params: unknown, options: CallOptions): Promise<unknown> {
    const { timeoutMs, signal, parentRequestId, cancelMethod } = options;
    if (this.#closed) return Promise.reject(closedError(method));
    if (signal?.aborted) return Promise.reject(cancelledError(method));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        settle();
        reject(error);
      };
      const onAbort = () => {
        if (cancelMethod !== undefined) {
          this.#send({ jsonrpc: "2.0", method: cancelMethod, params: { id } });
        }
        fail(cancelledError(method));
      };
      const timer = setTimeout(() => {
        const message = `No answer to "${method}" within ${timeoutMs} ms`;
        fail(new ConnectionError("timeout", message));
      }, timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#pending.delete(id);
      };
      signal?.addEventListener("abort", onAbort);
      this.#pending.set(id, {
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: fail,
      });
      this.#send({ jsonrpc: "2.0", id, method, params, parentRequestId });
    });
  }

  /** Fires the signal of a request that the host gave up. It is then not answered, as in MCP. */
  cancel(id: RequestId): void {
    const request = this.#active.get(id);
    if (request === undefined) return;
    this.#active.delete(id);
    request.controller.abort(new ConnectionError("cancelled", "Cancelled by the host"));
  }

  /** Resolves when all requests but `except` are answered, or after `timeoutMs`. */
  async drain(except: RequestId | null, timeoutMs: number): Promise<void> {
    const others = [...this.#active].filter(([id]) => id !== except);
    if (others.length === 0) return;
    await settledWithin(Promise.all(others.map(([, request]) => request.settled)), timeoutMs);
  }

  /** Ends all requests but `except` at once, each with this error. */
  abandon(except: RequestId | null, error: ErrorObject): void {
    for (const [id, request] of this.#active) {
      if (id === except) continue;
      this.#active.delete(id);
      this.#send({ jsonrpc: "2.0", id, error });
      request.controller.abort(new ConnectionError("closed", error.message));
    }
  }

  /** Fails every pending call and fires every signal; nothing is sent any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const call of [...this.#pending.values()]) call.reject(closedError("call"));
    for (const { controller } of this.#active.values()) {
      controller.abort(new ConnectionError("closed", "The host closed the connection"));
    }
    this.#active.clear();
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case "request":
        return this.#answer(message.id, message.method, message.params);
      case "notification":
        return this.events.notification(message.method, message.params);
      case "result":
        return this.#pendingCall(message.id)?.resolve(message.result);
      case "error": {
        const { code, message: text, data } = message.error;
        return this.#pendingCall(message.id)?.reject(new HostError(code, text, data));
      }
      case "stray":
        return this.events.fault("Reply without an id was dropped");
      case "invalid":
        this.events.fault(message.error.message);
        return this.#send({ jsonrpc: "2.0", id: message.id, error: message.error });
    }
  }

  #pendingCall(id: RequestId): PendingCall | undefined {
    const call = this.#pending.get(id);
    if (call === undefined) this.events.fault(`Reply to unknown request ${id} was dropped`);
    return call;
  }

  #answer(id: RequestId, method: string, params: unknown): void {
    const controller = new AbortController();
    // A microtask later, so that the entry stands before the handler can settle.
    const settled = Promise.resolve().then(() => this.#respond(id, method, params, controller));
    this.#active.set(id, { controller, settled });
  }

  async #respond(
    id: RequestId,
    method: string,
    params: unknown,
    controller: AbortController,
  ): Promise<void> {
    let reply: { result: unknown } | { error: ErrorObject };
    try {
      const { signal } = controller;
      const result = await this.events.request({ id, method, params, signal });
      reply = { result: result ?? null };
    } catch (thrown) {
      reply = { error: toErrorObject(thrown) };
    }
    // Given up meanwhile, or the id now belongs to a later request.
    if (this.#active.get(id)?.controller !== controller) return;
    this.#active.delete(id);
    this.#sendReply(id, reply);
  }

  #sendReply(id: RequestId, reply: { result: unknown } | { error: ErrorObject }): void {
    try {
      this.#send({ jsonrpc: "2.0", id, ...reply });
    } catch (thrown) {
      // A cycle or a bigint in the handler's answer.
      const { message } = toErrorObject(thrown);
      const error = toErrorObject(new TypeError(`Answer can't be written as JSON: ${message}`));
      this.#send({ jsonrpc: "2.0", id, error });
    }
  }

  #send(message: object): void {
    if (!this.#closed) this.transport.send(JSON.stringify(message));
  }
}

/** Waits for a promise, but not longer than `timeoutMs`; says whether it settled. Never rejects. */
export async function settledWithin(
  promise: Promise<unknown>,
  timeoutMs: number,
): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const settled = await Promise.race([promise.then(() => true, () => true), deadline]);
  clearTimeout(timer);
  return settled;
}

function closedError(method: string): ConnectionError {
  return new ConnectionError("closed", `The host closed the connection before "${method}" ended`);
}

function cancelledError(method: string): ConnectionError {
  return new ConnectionError("cancelled", `"${method}" was cancelled`);
}
