/** Remembers recent answers: a search is mostly followed by a look at one of its results. */

interface Entry<Value> {
  readonly value: Value;
  readonly size: number;
  readonly expiresAt: number;
}

/** Least recently used out first, bounded by what the entries weigh together. */
export class ResponseCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  #size = 0;

  /** @param limits `sizeMax` in the caller's unit of size */
  constructor(
    private readonly limits: { readonly sizeMax: number; readonly lifetimeMs: number },
    private readonly now: () => number,
  ) {}

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#remove(key);
    if (entry.expiresAt <= this.now()) return undefined;
    this.#add(key, entry);
    return entry.value;
  }

  /** What weighs more than a quarter of everything isn't kept, so that one answer can't push out all others. */
  set(key: string, value: Value, size: number): void {
    this.#remove(key);
    if (size > this.limits.sizeMax / 4) return;
    this.#add(key, { value, size, expiresAt: this.now() + this.limits.lifetimeMs });
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.limits.sizeMax) break;
      this.#remove(oldest);
    }
  }

  #add(key: string, entry: Entry<Value>): void {
    this.#entries.set(key, entry);
    this.#size += entry.size;
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#size -= entry.size;
  }
}
