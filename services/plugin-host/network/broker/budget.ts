/** What one plugin may use of the network, over all its processes. */
import type { RouteLimits } from "./messages.ts";

export class Budget {
  readonly #limits: RouteLimits;
  readonly #elapsed: () => number;
  #connections = 0;
  #bytes = 0;
  #windowEndsAt = Number.NEGATIVE_INFINITY;

  /** @param elapsed milliseconds of a clock that only goes forward */
  constructor(limits: RouteLimits, elapsed: () => number) {
    this.#limits = limits;
    this.#elapsed = elapsed;
  }

  /** @returns why there may be no further connection; undefined if one was counted */
  openConnection(): string | undefined {
    const { connectionsMax } = this.#limits;
    if (this.#connections >= connectionsMax) {
      return `the plugin has ${connectionsMax} connections open, which is the limit`;
    }
    const exhausted = this.takeBytes(0);
    if (exhausted === undefined) this.#connections++;
    return exhausted;
  }

  closeConnection(): void {
    this.#connections--;
  }

  /** @returns why no more may pass; undefined while that much may */
  takeBytes(bytes: number): string | undefined {
    const now = this.#elapsed();
    const { bytesMax, windowMs } = this.#limits;
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + windowMs;
      this.#bytes = 0;
    }
    this.#bytes += bytes;
    if (this.#bytes < bytesMax) return undefined;
    return `the plugin has moved ${describeBytes(bytesMax)} within ${
      describeTime(windowMs)
    }, which is the limit`;
  }
}

function describeBytes(bytes: number): string {
  const mib = bytes / 1024 / 1024;
  return mib >= 1 ? `${Math.round(mib)} MiB` : `${bytes} bytes`;
}

function describeTime(ms: number): string {
  const minutes = ms / 60_000;
  return minutes >= 1 ? `${Math.round(minutes)} min` : `${ms} ms`;
}
