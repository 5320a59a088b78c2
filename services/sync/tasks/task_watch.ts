/**
 * Tells those who watch a task of each change, whichever replica works on it. One query for all that
 * are watched, however many watch.
 */
import type { Task } from "@codex/protocol";
import { describeError, type Logger } from "@codex/service";

const INTERVAL_MS = 500;

export interface TaskWatchOptions {
  /** The tasks among `ids` that there are, by id. */
  readonly read: (ids: readonly string[]) => Promise<ReadonlyMap<string, Task>>;
  readonly logger: Logger;
  /** Milliseconds between two looks. */
  readonly intervalMs?: number;
}

/** @param task undefined once it is gone */
export type TaskListener = (task: Task | undefined) => void;

export class TaskWatch {
  readonly #options: TaskWatchOptions;
  readonly #listeners = new Map<string, Set<TaskListener>>();
  readonly #last = new Map<string, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: TaskWatchOptions) {
    this.#options = options;
  }

  /** Calls `listener` at each change from now on; the returned function ends it. */
  watch(id: string, listener: TaskListener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    this.#schedule();
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      this.#listeners.delete(id);
      this.#last.delete(id);
      if (this.#listeners.size === 0) this.stop();
    };
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.#look(), this.#options.intervalMs ?? INTERVAL_MS);
  }

  async #look(): Promise<void> {
    const ids = [...this.#listeners.keys()];
    try {
      const tasks = await this.#options.read(ids);
      for (const id of ids) this.#tell(id, tasks.get(id));
    } catch (error) {
      this.#options.logger.warn("Watched tasks could not be read", describeError(error));
    }
    this.#timer = undefined;
    if (this.#listeners.size > 0) this.#schedule();
  }

  #tell(id: string, task: Task | undefined): void {
    const now = JSON.stringify(task ?? null);
    if (this.#last.get(id) === now) return;
    this.#last.set(id, now);
    for (const listener of [...this.#listeners.get(id) ?? []]) listener(task);
  }
}
