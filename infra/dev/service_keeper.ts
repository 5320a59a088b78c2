/** Keeps one service running: starts it again, with growing delays, when it ends by itself. */
import type { ServiceName } from "@codex/protocol";
import { Failure } from "../failure.ts";
import type { Output } from "./output.ts";
import { type Ending, type Launch, type ServiceRun, startRun } from "./service_run.ts";

const FIRST_DELAY_MS = 200;
const DELAY_MAX_MS = 10_000;
/** A service that was ready for this long starts its delays anew. */
const SETTLED_MS = 30_000;

/** Milliseconds until a service starts again that ended so many times in a row. */
export function restartDelayMs(endsInARow: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (endsInARow - 1), DELAY_MAX_MS);
}

export interface KeeperOptions {
  readonly name: ServiceName;
  readonly launch: Launch;
  readonly output: Output;
  /** A service that can't start waits for a change of its code: trying again would not help. */
  readonly isWatched: boolean;
}

export class ServiceKeeper {
  readonly name: ServiceName;
  #run: ServiceRun | undefined;
  #endsInARow = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;
  #restarting: Promise<void> | undefined;

  constructor(private readonly options: KeeperOptions) {
    this.name = options.name;
  }

  /**
   * Starts it for the first time and waits until it is ready.
   *
   * @throws {Failure} when it ends before, with what it said
   */
  async start(): Promise<void> {
    const run = this.#launch(true);
    if (await run.ready) return this.#keep(run);
    const ending = await run.ended;
    if (!ending.wasAsked) throw new Failure(this.#describeFailedStart(ending));
  }

  /** Stops it and starts it anew. Calls that come while one waits for its turn count as one. */
  restart(): Promise<void> {
    this.#restarting ??= (async () => {
      clearTimeout(this.#timer);
      await this.#run?.stop();
      this.#restarting = undefined;
      this.#endsInARow = 0;
      await this.#startAgain();
    })();
    return this.#restarting;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#run?.stop();
  }

  /** Ends it at once, also while `stop` waits. */
  kill(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#run?.kill();
  }

  #launch(quietStart: boolean): ServiceRun {
    const { name, launch, output } = this.options;
    this.#run = startRun(name, launch, output, quietStart);
    return this.#run;
  }

  async #startAgain(): Promise<void> {
    if (this.#isStopped) return;
    const run = this.#launch(false);
    this.#keep(run);
    if (await run.ready) this.options.output.say(`${this.name} is ready again`);
  }

  /** Waits, beside all else, for the run's end and decides what follows. */
  #keep(run: ServiceRun): void {
    const since = Date.now();
    let wasReady = false;
    run.ready.then((isReady) => wasReady = isReady);
    run.ended.then((ending) => {
      if (ending.wasAsked || this.#isStopped) return;
      if (Date.now() - since > SETTLED_MS) this.#endsInARow = 0;
      this.#endsInARow++;
      const what = `${this.name} ended by itself (${ending.how})`;
      if (this.options.isWatched && !wasReady) {
        this.options.output.complain(`${what}; it starts again when its code changes`);
        return;
      }
      const delayMs = restartDelayMs(this.#endsInARow);
      this.options.output.complain(`${what}; it starts again in ${delayMs / 1000} s`);
      this.#timer = setTimeout(() => this.#startAgain(), delayMs);
    });
  }

  #describeFailedStart(ending: Ending): string {
    const [only, ...more] = ending.complaints;
    if (only !== undefined && more.length === 0) return only.replace(/^error: /, "");
    for (const line of ending.complaints) this.options.output.relay(this.name, line, "stderr");
    return `Service "${this.name}" ended at its start (${ending.how})`;
  }
}
