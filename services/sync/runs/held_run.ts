/**
 * A run in the hands of one worker. The database lends it for a while, renewed as long as the worker
 * lives, and everything that the worker writes is refused once another has taken the run up: so there
 * are never two at work for one connection, whatever becomes of processes and networks.
 */
import { describeError } from "@codex/service";
import type { Executor } from "../db/database.ts";
import {
  changeRun,
  claimRun,
  lockRun,
  renewLease,
  type Run,
  type RunChange,
  type RunId,
} from "../db/run_queries.ts";
import type { RunDeps } from "../deps.ts";
import { RunLost } from "./run_stop.ts";

type LeaseDeps = Pick<RunDeps, "db" | "logger" | "now" | "leaseMs">;

const RENEWALS_PER_LEASE = 3;

/** How long a run stays its worker's without a sign of life: about as long as the job engine's own. */
export const LEASE_MS = 12_000;

/** @param result besides the change of the run, what the caller wants to know */
export interface Step<Result> {
  readonly change: RunChange;
  readonly result: Result;
}

export class HeldRun {
  #run: Run;
  #lentUntil: number;
  readonly #deps: LeaseDeps;
  readonly #lost = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #stopping: AbortSignal;

  private constructor(deps: LeaseDeps, run: Run, stopping: AbortSignal) {
    this.#deps = deps;
    this.#run = run;
    this.#lentUntil = performance.now() + deps.leaseMs;
    this.#stopping = stopping;
    this.#timer = setInterval(() => this.#renew(), deps.leaseMs / RENEWALS_PER_LEASE);
  }

  /**
   * Undefined when it isn't due, or somebody is at work on it.
   *
   * @param stopping aborted when the worker has to come to an end
   */
  static async claim(
    deps: LeaseDeps,
    id: RunId,
    stopping: AbortSignal,
  ): Promise<HeldRun | undefined> {
    const run = await claimRun(deps.db, id, new Date(deps.now()), deps.leaseMs);
    return run && new HeldRun(deps, run, stopping);
  }

  /** For calls: aborted when the run is lost. A worker that has to stop lets its call come to an end. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** As it was last written. */
  get run(): Run {
    return this.#run;
  }

  get isLost(): boolean {
    return this.#lost.signal.aborted;
  }

  /**
   * Before each step that takes long: whether it may begin.
   *
   * @throws the reason why the worker has to stop
   * @throws {RunLost}
   */
  throwIfOver(): void {
    if (this.isLost) throw new RunLost();
    this.#stopping.throwIfAborted();
  }

  /**
   * One transaction that brings the run forward: what the step writes, and the run's next state.
   *
   * @throws {RunLost} and then nothing is written
   */
  async advance<Result>(step: (tx: Executor) => Promise<Step<Result>>): Promise<Result> {
    return await this.#write(async (tx) => {
      const { change, result } = await step(tx);
      const progressedAt = new Date(this.#deps.now());
      return { change: { stalls: 0, progressedAt, ...change }, result };
    });
  }

  /** A change that brings it nowhere: its end, or a wait. */
  async change(change: RunChange, also?: (tx: Executor) => Promise<void>): Promise<void> {
    await this.#write(async (tx) => {
      await also?.(tx);
      return { change, result: undefined };
    });
  }

  /** The worker is done with it. */
  release(): void {
    clearInterval(this.#timer);
  }

  async #write<Result>(step: (tx: Executor) => Promise<Step<Result>>): Promise<Result> {
    if (this.isLost) throw new RunLost();
    const { db } = this.#deps;
    const { run, result } = await db.transaction(async (tx) => {
      if (!await lockRun(tx, this.#run)) throw new RunLost();
      const { change, result } = await step(tx);
      return { run: await changeRun(tx, this.#run.id, change), result };
    });
    this.#run = run;
    return result;
  }

  async #renew(): Promise<void> {
    const { db, logger, leaseMs } = this.#deps;
    const askedAt = performance.now();
    try {
      if (!await renewLease(db, this.#run, leaseMs)) this.#lose();
      else this.#lentUntil = askedAt + leaseMs;
    } catch (error) {
      logger.warn("The lease of run {run} could not be renewed", {
        run: this.#run.id,
        ...describeError(error),
      });
      // Another may take it up from then on: whatever is under way must end before.
      if (performance.now() + leaseMs / RENEWALS_PER_LEASE >= this.#lentUntil) this.#lose();
    }
  }

  #lose(): void {
    clearInterval(this.#timer);
    this.#lost.abort(new RunLost());
  }
}
