/** What plugin-host does without being asked. */
import { describeError, type Logger } from "@codex/service";

export interface RepeatedTask {
  /** For the log, as in "Background task … failed". */
  readonly name: string;
  /** From the end of one run to the start of the next; asked anew each time. */
  readonly everyMs: number;
  /** Any number of replicas may run it at once. */
  readonly run: () => Promise<unknown>;
}

/**
 * Repeats each task; a run that fails is logged, and the next one comes as planned.
 *
 * @returns stops them, when the runs under way have ended
 */
export function startRepeating(
  tasks: readonly RepeatedTask[],
  logger: Logger,
): () => Promise<void> {
  const stops = tasks.map((task) => repeat(task, logger));
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

function repeat(task: RepeatedTask, logger: Logger): () => Promise<void> {
  let isStopped = false;
  let running = Promise.resolve();
  let timer = setTimeout(runOnce, task.everyMs);

  function runOnce(): void {
    running = task.run().catch((error) => {
      logger.warn("Background task {name} failed", { name: task.name, ...describeError(error) });
    }).then(() => {
      if (!isStopped) timer = setTimeout(runOnce, task.everyMs);
    });
  }

  return async () => {
    isStopped = true;
    clearTimeout(timer);
    await running;
  };
}
