/** Fills a fresh array with `length` unpredictable bytes. Tests may inject a deterministic one. */
export type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>;

/** The operating system's generator: the only source that production code may use. */
export const secureRandomBytes: RandomBytes = (length) =>
  crypto.getRandomValues(new Uint8Array(length));
