/** Control groups that are made before a plugin needs one. */

/** So that one start in so many is followed by the work of making them. */
const SPARES = 4;

/**
 * Empty groups that lie ready: the program that makes one would delay the start of a plugin by some
 * milliseconds.
 */
export class SpareGroups {
  readonly #make: (names: readonly string[]) => Promise<boolean>;
  readonly #ready: string[] = [];
  #making: Promise<void> | undefined;

  /** @param make makes groups of these names, and tells whether it could; may reject */
  constructor(make: (names: readonly string[]) => Promise<boolean>) {
    this.#make = make;
  }

  /** The name of a group that nothing has entered yet; undefined if none is ready. */
  take(): string | undefined {
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
  async takeAll(): Promise<string[]> {
    await this.#making;
    return this.#ready.splice(0);
  }

  async #fill(): Promise<void> {
    const names = Array.from({ length: SPARES }, () => `spare-${crypto.randomUUID()}`);
    // A group that can't be made now is made, or told of, when a plugin starts in it.
    if (await this.#make(names).catch(() => false)) this.#ready.push(...names);
  }
}
