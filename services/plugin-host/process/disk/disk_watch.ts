/**
 * Keeps plugins from filling the disk. Data folders are measured twice a minute, which is dear, and
 * at once when the disk has lost space, which is looked at each second: a plugin can write faster
 * than anybody measures, and hide what it wrote.
 */
import { type Clock, systemClock } from "../../rpc/clock.ts";
import type { DiskSpace, LowSpace } from "./free_space.ts";

export interface DiskUser {
  /** Ends it for the host's sake; it counts against no plugin. */
  kill(reason: string): Promise<void>;
}

export interface DiskWatchOptions {
  readonly running: () => Iterable<DiskUser>;
  readonly readSpace: () => Promise<DiskSpace | undefined>;
  /** Gives undefined if all is well. */
  readonly judge: (space: DiskSpace | undefined) => LowSpace | undefined;
  /** Measures all data folders and ends who holds too much. */
  readonly measure: () => Promise<void>;
  /** Told when all are ended for want of space. */
  readonly onLow: () => Promise<void>;
  readonly clock?: Clock;
}

const MEASURE_EVERY_MS = 30_000;
/** So much less than after the last measuring is a reason for the next. */
const LOSS_BYTES = 64 * 1024 * 1024;
/** Of the time of one processor that measuring takes on a disk which loses space all the time. */
const SHARE_MAX = 0.1;

export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #clock: Clock;
  #freeBefore = 0;
  #measuredAt: number | undefined;
  #restUntil = 0;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** To be repeated each second. */
  async look(): Promise<void> {
    const { running, readSpace, judge, onLow } = this.#options;
    if ([...running()].length === 0) return;
    const space = await readSpace();
    const low = judge(space);
    // Whoever holds too much is to blame; only what is left then has to end for no fault of its
    // own.
    if (!low?.isUrgent && (low !== undefined || this.#isDue(space))) await this.#measure();
    if (low === undefined || judge(await readSpace()) === undefined) return;
    const ended = [...running()].map((process) => process.kill(low.reason));
    await onLow();
    await Promise.all(ended);
  }

  #isDue(space: DiskSpace | undefined): boolean {
    const now = this.#clock.now();
    const free = space?.freeBytes ?? 0;
    this.#freeBefore = Math.max(this.#freeBefore, free);
    if (now < this.#restUntil) return false;
    return this.#measuredAt === undefined || now - this.#measuredAt >= MEASURE_EVERY_MS ||
      this.#freeBefore - free >= LOSS_BYTES;
  }

  async #measure(): Promise<void> {
    const startedAt = this.#clock.now();
    await this.#options.measure();
    const now = this.#clock.now();
    this.#measuredAt = now;
    this.#restUntil = now + (now - startedAt) * (1 / SHARE_MAX - 1);
    this.#freeBefore = (await this.#options.readSpace())?.freeBytes ?? 0;
  }
}
