/** Things that lie ready, because making one would delay the start of a plugin by some milliseconds. */
export class Spares<T> {
  readonly #make: () => Promise<readonly T[]>;
  readonly #ready: T[] = [];
  #making: Promise<void> | undefined;

  /**
   * @param make makes some at once, so that not each start is followed by that work; may reject, for
   * what can't be made now is made, or told of, when a plugin needs it
   */
  constructor(make: () => Promise<readonly T[]>) {
    this.#make = make;
  }

  /** One that nobody has used; undefined if none is ready. */
  take(): T | undefined {
    return this.#ready.pop();
  }

  /**
   * Makes the next ones where none is left. Call it when nobody waits for a start. Never rejects.
   */
  async refill(): Promise<void> {
    if (this.#ready.length > 0) return;
    this.#making ??= this.#fill().finally(() => this.#making = undefined);
    await this.#making;
  }

  /** Takes all that are ready, to be removed. */
  async takeAll(): Promise<T[]> {
    await this.#making;
    return this.#ready.splice(0);
  }

  async #fill(): Promise<void> {
    this.#ready.push(...await this.#make().catch(() => []));
  }
}
