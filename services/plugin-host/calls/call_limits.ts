/** Who may call a plugin now: its rate limit, and the pauses that plugins ask for by -32001. */
import { LRUCache } from "lru-cache";
import { RateLimitedData, RpcErrorCode } from "@codex/protocol";
import { describeError, type Logger, ProblemError } from "@codex/service";
import { leaseCalls, type Limit, openWindow, pauseBucket } from "../db/bucket_queries.ts";
import type { Executor } from "../db/plugin_queries.ts";
import { blockOf, type CallBucket, PAUSE_SECONDS_MAX, shareOf } from "../domain/call_bucket.ts";
import { type CallHolder, halfOf, usesHalf } from "../domain/fair_share.ts";
import { RpcError } from "../rpc/errors.ts";

/** What this replica leased of a bucket. */
interface LeasedCalls {
  available: number;
  /** When the bucket's minute ends, on this replica's own clock. */
  readonly endsAt: number;
}

/** Buckets whose lease is remembered; a forgotten one only leases anew. */
const BUCKETS_MAX = 10_000;

/** Whose call it is, and of what. */
export interface LimitedCaller {
  readonly bucket: CallBucket;
  /** Of a system plugin's users; undefined for a connection's call, which has the bucket alone. */
  readonly holder: CallHolder | undefined;
  readonly pluginName: string;
}

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
   * Lets one call through. A holder has half of a plugin's calls, at least one, over all replicas: in the
   * same minutes as the plugin's own.
   *
   * @param requestsPerMinute over all replicas; null for no limit
   * @throws ProblemError `rate_limited`, with the time until the minute ends
   */
  async admit(caller: LimitedCaller, requestsPerMinute: number | null): Promise<void> {
    if (requestsPerMinute === null) return;
    const { bucket, holder, pluginName } = caller;
    const whole: Limit = { bucket, perMinute: requestsPerMinute };
    const part: Limit | undefined = holder && {
      bucket: shareOf(bucket, holder),
      perMinute: halfOf(requestsPerMinute),
      within: bucket,
    };
    // No other call comes between the looks at both and the taking.
    for (;;) {
      const [leased, ofHolder] = [this.#leasedOf(whole), part && this.#leasedOf(part)];
      if (ofHolder?.available === 0) {
        throw this.#refusal(
          `${usesHalf(holder)} of the ${requestsPerMinute} calls a minute that plugin ` +
            `"${pluginName}" may be sent; the rest is for others`,
          ofHolder,
        );
      }
      // What a replica leases of the whole is lost to the others, so that it comes second: a call that
      // its holder's half refuses takes none of it.
      if (part !== undefined && ofHolder === undefined) await this.#lease(part);
      else if (leased === undefined) await this.#lease(whole);
      else if (leased.available === 0) {
        throw this.#refusal(
          `Plugin "${pluginName}" may be called ${requestsPerMinute} times a minute, which it was`,
          leased,
        );
      } else {
        this.#take(whole, leased);
        if (part !== undefined && ofHolder !== undefined) this.#take(part, ofHolder);
        return;
      }
    }
  }

  /** Undefined where the next block has to be leased. */
  #leasedOf(limit: Limit): LeasedCalls | undefined {
    const leased = this.#leased.get(keyOf(limit));
    return leased !== undefined && this.#leftMs(leased) > 0 ? leased : undefined;
  }

  #take(limit: Limit, leased: LeasedCalls): void {
    leased.available--;
    if (leased.available === 0) this.#leased.delete(keyOf(limit));
  }

  #leftMs({ endsAt }: LeasedCalls): number {
    return endsAt - this.#deps.elapsed();
  }

  #refusal(message: string, leased: LeasedCalls): ProblemError {
    const retryAfterSeconds = this.#leftMs(leased) / 1000;
    return new ProblemError("rate_limited", message, { retryAfterSeconds });
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
  async #lease(limit: Limit): Promise<void> {
    const key = keyOf(limit);
    const leasing = this.#leasing.get(key) ??
      this.#leaseNow(limit).finally(() => this.#leasing.delete(key));
    this.#leasing.set(key, leasing);
    await leasing;
  }

  async #leaseNow(limit: Limit): Promise<void> {
    const { db, elapsed } = this.#deps;
    if (limit.within !== undefined) await openWindow(db, limit.within);
    const askedAt = elapsed();
    const { granted, leftMs } = await leaseCalls(db, limit, blockOf(limit.perMinute));
    // Counted from before the question, so that no call goes into a minute that is over.
    this.#leased.set(keyOf(limit), { available: granted, endsAt: askedAt + leftMs });
  }
}

/** What was leased under another limit says nothing about this one. */
function keyOf({ bucket, perMinute }: Limit): string {
  return `${bucket.id} ${perMinute}`;
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
