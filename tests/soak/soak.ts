/** What a soak is: a suite that goes on for minutes, by chance that a seed repeats. */

export interface SoakRun {
  readonly seed: number;
  /** Milliseconds it is to go on for. */
  readonly durationMs: number;
  /** From 0 to 1, the same for the same seed. */
  readonly random: () => number;
  readonly say: (line: string) => void;
}

/** Rejects with what did not hold. */
export type Soak = (run: SoakRun) => Promise<void>;

/** Mulberry32: small, and good enough to choose by. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
