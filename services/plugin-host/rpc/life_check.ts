/**
 * Finds out what became of calls that the host gave up. A peer that works on its calls one by one
 * answers a ping only when it is done with what was sent before; any other answers at once, and has
 * read by then that those calls are cancelled. Until then they keep their places.
 */
import type { Clock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { type AbandonedError, TransportError } from "./errors.ts";

/** protocol.md: no pong within this time means that a plugin hangs, unless it answers its calls. */
export const PONG_MS_MAX = 5000;

/** A call that missed its deadline. */
interface Missed {
  readonly method: string;
  readonly timeoutMs: number;
  /** Its caller was told that the plugin hangs, not that it was busy. */
  readonly isTold: boolean;
}

export interface LifeCheckOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  /**
   * A missed deadline was followed by no pong, and by no answer for as long as that call had
   * waited.
   */
  readonly onHang: (method: string, isTold: boolean) => void;
}

export class LifeCheck {
  readonly #options: LifeCheckOptions;
  #missed: Missed | undefined;
  #isDue = false;
  #isRunning = false;

  constructor(options: LifeCheckOptions) {
    this.#options = options;
  }

  /** @param timeoutMs the deadline that the call had */
  note(method: string, timeoutMs: number, error: AbandonedError): void {
    if (error.kind === "timeout") {
      const isTold = this.#missed?.isTold || !error.call.wasBusy;
      this.#missed = { method, timeoutMs, ...this.#missed, isTold };
    }
    this.#isDue = true;
    if (!this.#isRunning) this.#run(timeoutMs);
  }

  async #run(timeoutMs: number): Promise<void> {
    const { connection } = this.#options;
    this.#isRunning = true;
    while (this.#isDue && !connection.isClosed) {
      this.#isDue = false;
      const nextId = connection.nextId;
      await this.#check(timeoutMs);
      connection.releaseAbandoned(nextId);
      if (!this.#isDue) this.#missed = undefined;
    }
    this.#isRunning = false;
  }

  /** A peer that reads slowly, or not at all, gets a second chance. Never rejects. */
  async #check(timeoutMs: number): Promise<void> {
    if (await this.#ping(timeoutMs)) return;
    await new Promise<void>((resolve) => this.#options.clock.after(PONG_MS_MAX, resolve));
    if (!await this.#ping(timeoutMs)) this.#endHung();
  }

  /** @returns whether there was room to send it */
  async #ping(timeoutMs: number): Promise<boolean> {
    const stop = this.#watchSilence(PONG_MS_MAX);
    try {
      // Long enough for a peer that hangs to be found out meanwhile.
      await this.#options.connection.call("ping", {}, { timeoutMs: timeoutMs + 2 * PONG_MS_MAX });
      return true;
    } catch (error) {
      return !(error instanceof TransportError && error.kind === "queue-full");
    } finally {
      stop();
    }
  }

  /** @returns ends it */
  #watchSilence(delayMs: number): () => void {
    const { clock, connection } = this.#options;
    let cancel = clock.after(delayMs, () => {
      if (this.#endHung()) return;
      const leftMs = (this.#missed?.timeoutMs ?? 0) - connection.silentMs;
      cancel = this.#watchSilence(Math.max(leftMs, PONG_MS_MAX));
    });
    return () => cancel();
  }

  /** Ends a peer that missed a deadline and has been silent for as long as that. */
  #endHung(): boolean {
    const { connection, onHang } = this.#options;
    const missed = this.#missed;
    if (missed === undefined || connection.silentMs < missed.timeoutMs) return false;
    onHang(missed.method, missed.isTold);
    return true;
  }
}
