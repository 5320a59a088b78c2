/** Released calls whose late answers are still told from answers to no call. */
const RELEASED_MAX = 1000;

/**
 * Calls that were given up and that the peer may still be working on. One that works on its calls
 * one by one has them before it, whatever is sent to it next.
 */
export class AbandonedCalls {
  readonly #ends = new Map<unknown, () => void>();
  readonly #released = new Set<unknown>();

  /** Resolves when the call is answered after all, or was released. */
  add(id: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ends.set(id, resolve);
    return promise;
  }

  /** A late reply came; false for a call that isn't one of these, and for a second reply. */
  answered(id: unknown): boolean {
    this.#ends.get(id)?.();
    return this.#ends.delete(id) || this.#released.delete(id);
  }

  /** Nobody waits any more for the calls that were sent before this one. */
  releaseBefore(id: number): void {
    for (const [each, end] of this.#ends) {
      if (Number(each) >= id) continue;
      this.#ends.delete(each);
      this.#released.add(each);
      end();
    }
    for (const oldest of this.#released) {
      if (this.#released.size <= RELEASED_MAX) break;
      this.#released.delete(oldest);
    }
  }
}
