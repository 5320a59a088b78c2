import { LRUCache } from "lru-cache";
import type { ProcessSpec } from "../process_spec.ts";
import { CallWindow } from "./call_window.ts";

/** Processes that are remembered; of a forgotten one the window is only learned anew. */
const KEPT_MAX = 10_000;

interface Kept {
  readonly pluginId: string;
  readonly revision: string;
  readonly window: CallWindow;
}

/** What was learned of processes outlives them: one that ends gets no new excuses by it. */
export class CallWindows {
  readonly #kept = new LRUCache<string, Kept>({ max: KEPT_MAX });

  of({ key, pluginId, revision }: ProcessSpec): CallWindow {
    const kept = this.#kept.get(key);
    if (kept?.revision === revision) return kept.window;
    const window = new CallWindow();
    this.#kept.set(key, { pluginId, revision, window });
    return window;
  }

  forget(pluginId: string): void {
    for (const [key, kept] of this.#kept.entries()) {
      if (kept.pluginId === pluginId) this.#kept.delete(key);
    }
  }
}
