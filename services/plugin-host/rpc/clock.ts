/** Time as the RPC and process layers need it; tests pass one that they turn by hand. */
export interface Clock {
  /** Milliseconds that never go backwards; the origin means nothing. */
  now(): number;
  /** Calls back once after the delay; the result takes it back. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
