/** The limit of private folders while nobody watches them: before a start, and after an end. */
import { join } from "node:path";
import { openDataFolder } from "../process/data_folder.ts";
import { judgeUsage, measureFolder } from "../process/data_usage.ts";
import type { PluginProcess } from "../process/plugin_process.ts";
import { dataFull } from "../process/pool_error.ts";

export class DataLimit {
  readonly #root: string;
  readonly #measuring = new Set<Promise<void>>();
  #isClosed = false;

  /** @param root holds the private folder of every plugin and connection */
  constructor(root: string) {
    this.#root = root;
  }

  /** @throws {PoolError} `data-full` if the folder holds too much to begin with */
  async refuseFull(path: readonly string[]): Promise<void> {
    await openDataFolder(join(this.#root, ...path));
    const reason = await this.#judge(path);
    if (reason !== undefined) throw dataFull(reason);
  }

  /** Tells when `process` has ended and leaves too much behind, if that can be seen. */
  watchEnd(process: PluginProcess, path: readonly string[], tell: (text: string) => void): void {
    const measuring = process.exited.then(async () => {
      if (this.#isClosed) return;
      const reason = await this.#judge(path);
      if (reason !== undefined) tell(`The plugin is not started again: ${reason}`);
    }).catch(() => {}).finally(() => this.#measuring.delete(measuring));
    this.#measuring.add(measuring);
  }

  /** Measures nothing any more: the next start of a plugin does. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#measuring);
  }

  async #judge(path: readonly string[]): Promise<string | undefined> {
    return judgeUsage(await measureFolder(join(this.#root, ...path)));
  }
}
