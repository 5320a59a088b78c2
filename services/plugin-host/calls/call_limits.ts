/** Who may call a plugin now: its rate limit, and the pauses that plugins ask for by -32001. */
import { LRUCache } from "lru-cache";
import { RateLimitedData, RpcErrorCode } from "@codex/protocol";
import { describeError, type Logger, ProblemError } from "@codex/service";
import { leaseCalls, pauseBucket } from "../db/bucket_queries.ts";
import type { Executor } from "../db/plugin_queries.ts";
import { blockOf, type CallBucket, PAUSE_SECONDS_MAX } from "../domain/call_bucket.ts";
import { RpcError } from "../rpc/errors.ts";

/** What this replica leased of a bucket. */
interface LeasedCalls {
  available: number;
  /** When the bucket's minute ends, on this replica's own clock. */
  readonly endsAt: number;
}

/** Buckets whose lease is remembered; a forgotten one only leases anew. */
const BUCKETS_MAX = 10_000;

export interface CallLimitsDeps {
  readonly db: Executor;
  readonly logger: Logger;
  /** Milliseconds of a clock that never goes back. */
  readonly elapsed: () => number;
}

export class CallLimits {
  readonly #deps: CallLimitsDeps;
  readonly #leased = new LRUCache<string, LeasedCalls>({ max: BUCKETS_MAX });
  readonly #leasing = new Map<string, Promise<void>>();

  constructor(deps: CallLimitsDeps) {
    this.#deps = deps;
  }

  /**
   * Lets one call through.
   *
   * @param requestsPerMinute over all replicas; null for no limit
   * @throws ProblemError `rate_limited`, with the time until the minute ends
   */
  async admit(
    bucket: CallBucket,
    pluginName: string,
    requestsPerMinute: number | null,
  ): Promise<void> {
    if (requestsPerMinute === null) return;
    const key = keyOf(bucket, requestsPerMinute);
    for (;;) {
      const leased = this.#leased.get(key);
      const leftMs = (leased?.endsAt ?? 0) - this.#deps.elapsed();
      if (leased === undefined || leftMs <= 0) await this.#lease(bucket, requestsPerMinute);
      else if (leased.available > 0) {
        leased.available--;
        if (leased.available === 0) this.#leased.delete(key);
        return;
      } else {
        throw new ProblemError(
          "rate_limited",
          `Plugin "${pluginName}" may be called ${requestsPerMinute} times a minute, which it was`,
          { retryAfterSeconds: leftMs / 1000 },
        );
      }
    }
  }

  /** Remembers the pause that a plugin's answer asks for, if it does. Never rejects. */
  async notePause(bucket: CallBucket, error: unknown): Promise<void> {
    if (!(error instanceof RpcError) || error.code !== RpcErrorCode.rateLimited) return;
    const data = RateLimitedData.safeParse(error.data);
    const seconds = Math.min(data.data?.retryAfterSeconds ?? 0, PAUSE_SECONDS_MAX);
    if (seconds === 0) return;
    try {
      await pauseBucket(this.#deps.db, bucket, seconds);
    } catch (cause) {
      this.#deps.logger.error("A plugin's pause was not stored", describeError(cause));
    }
  }

  /** Leases the next block; calls that come meanwhile wait for the same. */
  async #lease(bucket: CallBucket, requestsPerMinute: number): Promise<void> {
    const key = keyOf(bucket, requestsPerMinute);
    const leasing = this.#leasing.get(key) ??
      this.#leaseNow(bucket, requestsPerMinute).finally(() => this.#leasing.delete(key));
    this.#leasing.set(key, leasing);
    await leasing;
  }

  async #leaseNow(bucket: CallBucket, requestsPerMinute: number): Promise<void> {
    const { db, elapsed } = this.#deps;
    const askedAt = elapsed();
    const wanted = blockOf(requestsPerMinute);
    const { granted, leftMs } = await leaseCalls(db, bucket, wanted, requestsPerMinute);
    // Counted from before the question, so that no call goes into a minute that is over.
    const leased = { available: granted, endsAt: askedAt + leftMs };
    this.#leased.set(keyOf(bucket, requestsPerMinute), leased);
  }
}

/** What was leased under another limit says nothing about this one. */
function keyOf({ id }: CallBucket, requestsPerMinute: number): string {
  return `${id} ${requestsPerMinute}`;
}

/** @throws ProblemError `rate_limited` while a plugin's pause lasts */
export function refusePaused(pluginName: string, pausedMs: number): void {
  if (pausedMs <= 0) return;
  throw new ProblemError(
    "rate_limited",
    `Plugin "${pluginName}" asked for a pause: its service has had too many requests`,
    { retryAfterSeconds: pausedMs / 1000 },
  );
}
