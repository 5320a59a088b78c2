/**
 * What the peer's answers tell of a call that misses its deadline: it hangs, or is busy with
 * others.
 */

/** Of a call when it is sent. */
export interface SendingRecord {
  readonly sentAt: number;
  readonly answersBefore: number;
}

/** They ask nothing of what a plugin is for, so that their answers excuse nothing. */
const LIFECYCLE_METHODS: ReadonlySet<string> = new Set(["initialize", "ping", "shutdown"]);

export function isWork(method: string): boolean {
  return !LIFECYCLE_METHODS.has(method);
}

export class AnswerRecord {
  #answers = 0;
  #silentSince = 0;
  #hang: { readonly at: number } | undefined;

  /** @param isOnly the peer has nothing else to answer */
  sending(now: number, isOnly: boolean): SendingRecord {
    if (isOnly) this.#silentSince = now;
    return { sentAt: now, answersBefore: this.#answers };
  }

  /** A call that is work was answered, in time or late. */
  answered(now: number): void {
    this.#answers++;
    this.#silentSince = now;
  }

  /** Milliseconds since the peer had something to answer and did not. */
  silentMs(now: number): number {
    return now - this.#silentSince;
  }

  wasBusySince({ answersBefore }: SendingRecord): boolean {
    return this.#answers > answersBefore;
  }

  /**
   * The hang that kept a call from its answer: the last one, if that was noticed while the call was
   * under way, so that calls which wait beside each other strike once.
   */
  hangOf({ sentAt }: SendingRecord, now: number): object {
    if (this.#hang === undefined || sentAt >= this.#hang.at) this.#hang = { at: now };
    return this.#hang;
  }
}
