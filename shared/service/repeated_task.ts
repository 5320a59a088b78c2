/** Work that a service does again and again while it is up, without being asked. */
import { describeError } from "./problem_error.ts";
import type { Logger } from "./logger.ts";

export interface RepeatedTask {
  /** For the log, as in "Background task … failed". */
  readonly name: string;
  /** At most, from the end of one run to the start of the next; asked anew each time. */
  readonly everyMs: number;
  /** The first run comes at once. */
  readonly isDueAtStart?: true;
  /** Any number of replicas may run it at once; on one, runs never overlap. */
  readonly run: () => Promise<unknown>;
}

export interface Repetition {
  /** Runs the task now, or once more after the run that is under way. */
  nudge(): void;
  /** Waits for the run under way and starts no other. */
  stop(): Promise<void>;
}

/** Pauses are shorter by up to this part, so that replicas that start together don't go on together. */
const JITTER = 0.1;

/** Repeats a task; a run that fails is logged, and the next one comes as planned. */
export function repeat(task: RepeatedTask, logger: Logger): Repetition {
  let isStopped = false;
  let isWantedAgain = false;
  let running: Promise<void> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function start(): void {
    running = runAndPlan();
  }

  async function runAndPlan(): Promise<void> {
    do {
      isWantedAgain = false;
      try {
        await task.run();
      } catch (error) {
        logger.warn("Background task {name} failed", { name: task.name, ...describeError(error) });
      }
    } while (isWantedAgain && !isStopped);
    running = undefined;
    if (!isStopped) plan();
  }

  function plan(): void {
    timer = setTimeout(start, task.everyMs * (1 - Math.random() * JITTER));
  }

  if (task.isDueAtStart) start();
  else plan();
  return {
    nudge() {
      if (isStopped) return;
      if (running !== undefined) isWantedAgain = true;
      else {
        clearTimeout(timer);
        start();
      }
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/**
 * Repeats each of these.
 *
 * @returns stops all, when the runs under way have ended
 */
export function repeatAll(tasks: readonly RepeatedTask[], logger: Logger): () => Promise<void> {
  const repetitions = tasks.map((task) => repeat(task, logger));
  return async () => {
    await Promise.all(repetitions.map((repetition) => repetition.stop()));
  };
}
