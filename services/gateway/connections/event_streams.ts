/**
 * How many streams of events are open: each holds a connection here and one to its owner for long.
 */
import { ProblemError } from "@codex/service";
import { UsageLimit } from "./usage_limit.ts";

/** Of one user, at each gateway: some tabs of some devices. */
export const EVENT_STREAMS_PER_USER_MAX = 10;
/** Somebody's tab may be closed by then. */
const RETRY_AFTER_SECONDS = 10;

export class EventStreams {
  readonly #open: UsageLimit;

  /** @param max of all users together */
  constructor(max: number) {
    this.#open = new UsageLimit({ max, perKeyMax: EVENT_STREAMS_PER_USER_MAX });
  }

  /**
   * Opens one more.
   *
   * @returns what is called at its end; more than once does no harm
   * @throws ProblemError `rate_limited` for a user who has too many, `no_capacity` for everybody
   */
  open(userId: string): () => void {
    const usage = this.#open.take(userId);
    if (usage.ok) return usage.release;
    const retry = { retryAfterSeconds: RETRY_AFTER_SECONDS };
    if (usage.full === "own") {
      const detail =
        `You have ${EVENT_STREAMS_PER_USER_MAX} streams of events open: close one, or try again later`;
      throw new ProblemError("rate_limited", detail, retry);
    }
    const detail = "Too many streams of events are open here: try again later";
    throw new ProblemError("no_capacity", detail, retry);
  }
}
