/** What the steps of a run share. */
import type { CallContext, EngagementScope, ExternalMatch } from "@codex/protocol";
import type { EntryOwner } from "../db/entry_queries.ts";
import type { RunDeps } from "../deps.ts";
import type { RemoteEntry } from "../domain/remote_entry.ts";
import type { HeldRun } from "./held_run.ts";
import type { PluginSession } from "./plugin_session.ts";

export interface RunContext {
  readonly deps: RunDeps;
  readonly held: HeldRun;
  readonly session: PluginSession;
  readonly owner: EntryOwner;
  /** Of calls to other services. */
  readonly call: CallContext;
  /** What a dry run was told of series that are here, by external id: it keeps nothing. */
  readonly dryRemotes: Map<string, RemoteEntry>;
}

/** The plugin's series: those in its libraries that its source of ids names. */
export function scopeOf(
  { session }: RunContext,
  matches: readonly ExternalMatch[],
): EngagementScope {
  const { plugin, manifest } = session;
  return {
    externalIdSource: manifest.capabilities.externalIdSource ?? null,
    libraryIds: [...plugin.libraryIds],
    matches: [...matches],
  };
}
