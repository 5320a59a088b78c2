/** Repeats a task in the background: at an interval, and at once when asked to. */
import { describeError, type Logger } from "@codex/service";

export interface Worker {
  /** Runs the task now, or once more after the run that is under way. */
  nudge(): void;
  /** Waits for the run under way and starts no other. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly name: string;
  readonly intervalMs: number;
  readonly logger: Logger;
  readonly run: () => Promise<unknown>;
}

/** Starts the first run at once. A run that fails is logged, and the next one comes as planned. */
export function startWorker({ name, intervalMs, logger, run }: WorkerOptions): Worker {
  let stopped = false;
  let again = false;
  let running: Promise<void> | undefined;

  async function runOnce(): Promise<void> {
    do {
      again = false;
      try {
        await run();
      } catch (error) {
        logger.error("Background task {name} failed", { name, ...describeError(error) });
      }
    } while (again && !stopped);
    running = undefined;
  }

  function nudge(): void {
    if (stopped) return;
    if (running === undefined) running = runOnce();
    else again = true;
  }

  const timer = setInterval(nudge, intervalMs);
  nudge();
  return {
    nudge,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
