/**
 * How many calls a process takes at once: as many as its plugin declares, else learned. A plugin
 * that works on them one by one lets those behind miss their deadlines; sent fewer at a time, they
 * wait at the host, where users take turns and nothing counts against the plugin.
 */

/** More are never sent to one process. */
export const CALLS_MAX = 32;
/** To begin with, for a plugin that declares nothing. */
const CALLS_AT_FIRST = 4;
/** An answer within this part of the deadline shows that there is room for more. */
const QUICK_PART = 1 / 4;
/**
 * Quick answers for each call more, once there have been too many. A plugin that lets calls hang
 * while it answers others gets one of them excused for half as many answers, at most.
 */
const ANSWERS_TO_GROW = 32;
/** What was learned by missed deadlines is forgotten after this. */
const LEARNED_MS_MAX = 3_600_000;

export class CallWindow {
  #declared: number | undefined;
  #size = CALLS_AT_FIRST;
  /** The most calls at once since the size was last changed for too many. */
  #peak = 0;
  #loweredAt: number | undefined;
  #quickAnswers = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * @param count as the plugin's manifest says; another than before does away with nothing learned
   */
  declare(count: number | undefined): void {
    if (count === this.#declared) return;
    this.#declared = count;
    const first = this.#sizeAtFirst();
    this.#size = this.#loweredAt === undefined ? first : Math.min(this.#size, first);
  }

  /** @param count calls that the process works on, with the new one */
  sent(count: number): void {
    this.#peak = Math.max(this.#peak, count);
  }

  /** @param isWanted calls wait for a place */
  answered(tookMs: number, timeoutMs: number, isWanted: boolean, now: number): void {
    if (this.#loweredAt !== undefined && now - this.#loweredAt >= LEARNED_MS_MAX) {
      this.#loweredAt = undefined;
      this.#size = Math.max(this.#size, this.#sizeAtFirst());
    }
    if (!isWanted || tookMs > timeoutMs * QUICK_PART) return;
    this.#quickAnswers++;
    if (this.#loweredAt !== undefined && this.#quickAnswers < ANSWERS_TO_GROW) return;
    this.#quickAnswers = 0;
    this.#size = Math.min(this.#size + 1, this.#declared ?? CALLS_MAX, CALLS_MAX);
  }

  /**
   * A call missed its deadline while others were answered; those that were under way with it tell
   * no more.
   */
  overloaded(sentAt: number, now: number): void {
    if (this.#loweredAt !== undefined && sentAt < this.#loweredAt) return;
    this.#size = Math.max(1, Math.floor(Math.min(this.#size, this.#peak) / 2));
    this.#peak = 0;
    this.#quickAnswers = 0;
    this.#loweredAt = now;
  }

  #sizeAtFirst(): number {
    return Math.min(this.#declared ?? CALLS_AT_FIRST, CALLS_MAX);
  }
}
