/** What a process is asked for by. */
import type { PluginProcess } from "./plugin_process.ts";

/** One process that may be wanted: of a plugin, or of one connection to it. */
export interface ProcessSpec {
  /** Names the process: two specs with the same key share one. */
  readonly key: string;
  readonly pluginId: string;
  /** Of everything the process is started with; another means another process. */
  readonly revision: string;
  /**
   * Grows with what this one process is started with, such as the token of its connection; 0 unless given. A caller that
   * knows of an older one uses the process of a newer one.
   */
  readonly generation?: number;
  /** Spawns and initializes; `signal` ends an attempt that is no longer wanted. */
  start(signal: AbortSignal): Promise<PluginProcess>;
}

/** Whether a process of `found` is what `wanted` asks for. */
export function serves(found: ProcessSpec, wanted: ProcessSpec): boolean {
  return found.revision === wanted.revision &&
    (found.generation ?? 0) >= (wanted.generation ?? 0);
}
