/** The end of a plugin on every replica, whichever one it was deleted on. */
import type { PluginId } from "@codex/protocol";
import { type Executor, listPluginIds } from "../db/plugin_queries.ts";
import type { PluginRuntime } from "./runtime.ts";

/** A part of this replica that keeps something of each plugin in memory. */
export interface PluginMemory {
  /** Plugins of which something is kept. */
  remembered(): Iterable<PluginId>;
  forget(id: PluginId): void;
}

/** Ends and forgets, with its data folders, every plugin that is not in the registry any more. */
export async function forgetDeleted(
  db: Executor,
  runtime: PluginRuntime,
  memories: readonly PluginMemory[],
): Promise<void> {
  // Looked up first: a plugin that is added meanwhile is not among them.
  const remembered = new Set([
    ...await runtime.remembered(),
    ...memories.flatMap((memory) => [...memory.remembered()]),
  ]);
  if (remembered.size === 0) return;
  const present = await listPluginIds(db);
  for (const id of remembered) {
    if (present.has(id)) continue;
    await runtime.removePlugin(id);
    for (const memory of memories) memory.forget(id);
  }
}
