/** How much of something is in use: in all, and by each who uses it. */

export interface UsageLimitOptions {
  readonly max: number;
  readonly perKeyMax: number;
}

/**
 * What came of asking for a share; whoever got one gives it back once, and more often changes
 * nothing.
 */
export type Usage =
  | { readonly ok: true; readonly release: () => void }
  /** Whose share is used up: the asker's own, or everybody's. */
  | { readonly ok: false; readonly full: "own" | "all" };

export class UsageLimit {
  readonly #options: UsageLimitOptions;
  readonly #used = new Map<string, number>();
  #total = 0;

  constructor(options: UsageLimitOptions) {
    this.#options = options;
  }

  take(key: string, amount = 1): Usage {
    const used = this.#used.get(key) ?? 0;
    if (used + amount > this.#options.perKeyMax) return { ok: false, full: "own" };
    if (this.#total + amount > this.#options.max) return { ok: false, full: "all" };
    this.#add(key, amount);
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#add(key, -amount);
      isHeld = false;
    };
    return { ok: true, release };
  }

  #add(key: string, amount: number): void {
    const used = (this.#used.get(key) ?? 0) + amount;
    this.#total += amount;
    if (used === 0) this.#used.delete(key);
    else this.#used.set(key, used);
  }
}
