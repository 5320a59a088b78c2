/** Ends a call to another service: when it takes too long, or when the client has left. */
export class CallDeadline {
  readonly #controller = new AbortController();
  readonly #client: AbortSignal;
  readonly #leave = () => this.#controller.abort(this.#client.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #expired = false;

  /**
   * Begins at once.
   *
   * @param timeoutMs milliseconds between signs of life of the service
   * @param client aborted when the client leaves
   */
  constructor(readonly timeoutMs: number, client: AbortSignal) {
    this.#client = client;
    if (client.aborted) this.#leave();
    else client.addEventListener("abort", this.#leave, { once: true });
    this.resume();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the service was too slow. */
  get expired(): boolean {
    return this.#expired;
  }

  get clientLeft(): boolean {
    return this.#client.aborted;
  }

  /** Waits for the service again, from now on. */
  resume(): void {
    this.#timer = setTimeout(() => {
      this.#expired = true;
      this.#controller.abort(new DOMException("The service was too slow", "TimeoutError"));
    }, this.timeoutMs);
  }

  /** Stops the clock while it isn't the service that is waited for. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  /** The call is over. */
  end(): void {
    this.pause();
    this.#client.removeEventListener("abort", this.#leave);
  }
}
