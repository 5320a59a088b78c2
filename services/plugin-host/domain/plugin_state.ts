/** What state a plugin is in, and how well it is (protocol.md: "Installed plugins"). */
import type { HealthStatus, Isolation, Manifest, PluginState } from "@codex/protocol";
import type { PluginRecord } from "../db/plugin_record.ts";
import type { LiveStatus } from "../registry/runtime.ts";
import { isUnread, summarizeChanges } from "./trust.ts";

export interface StateAnswer {
  readonly state: PluginState;
  /** What it means here and what to do, where there is something to do. */
  readonly reason: string | null;
  /** Whether calls are taken: a plugin that awaits approval goes on with what it was granted. */
  readonly isUsable: boolean;
}

export interface StateInput {
  readonly record: PluginRecord;
  readonly isolation: Isolation;
  readonly live: LiveStatus;
  readonly isSafeMode: boolean;
  /** What an administrator has to approve (`pendingChanges` of the record). */
  readonly pending: readonly string[];
}

/** States in which calls are taken. */
const USABLE: ReadonlySet<PluginState> = new Set<PluginState>([
  "needs_approval",
  "stopped",
  "starting",
  "running",
  "backing_off",
]);

export function stateOf(input: StateInput): StateAnswer {
  const { state, reason } = findState(input);
  return { state, reason, isUsable: USABLE.has(state) && !isUnread(input.record) };
}

function findState(
  { record, isolation, live, isSafeMode, pending }: StateInput,
): Omit<StateAnswer, "isUsable"> {
  if (record.folderMissing) {
    return { state: "disabled", reason: "Its folder is gone; its data is kept" };
  }
  if (isSafeMode) {
    return { state: "disabled", reason: "CODEX_PLUGINS_SAFE_MODE is on: every plugin is off" };
  }
  if (record.pinnedManifest === null) {
    return {
      state: "discovered",
      reason: record.seenManifest === null
        ? "Test it to read what it asks for, then grant it"
        : "Read what it asks for, then grant it",
    };
  }
  if (!record.enabled) return { state: "disabled", reason: record.disabledReason };
  if (isUnsupported(record.pinnedManifest)) {
    return { state: "unsupported", reason: "It only announces releases, which comes later" };
  }
  if (isolation.level === 0) return { state: "blocked", reason: isolation.reason };
  if (isUnread(record)) {
    return {
      state: "needs_approval",
      reason:
        "Its folder holds something else than what was granted: test it to read what that asks for, then grant it",
    };
  }
  if (pending.length > 0) {
    return {
      state: "needs_approval",
      reason: `It runs with the old grants until these changes are granted: ${
        summarizeChanges(pending)
      }`,
    };
  }
  return { state: live.state, reason: live.reason ?? null };
}

/** A plugin that offers nothing but `releaseSource` and `webLinks`. */
export function isUnsupported({ capabilities }: Manifest): boolean {
  return capabilities.releaseSource !== undefined && capabilities.metadataProvider.length === 0 &&
    !capabilities.userReadSync && !capabilities.userRecommendationProvider;
}

/** Faults of the plugin only: an outside service that is down shows as degraded. */
export function healthOf(record: PluginRecord): HealthStatus {
  if (!record.enabled && record.disabledReason !== null) return "disabled";
  if (record.failureCount > 0) return "unhealthy";
  const external = record.lastExternalFailureAt?.getTime() ?? 0;
  const success = record.lastSuccessAt?.getTime() ?? 0;
  if (external > success) return "degraded";
  return success === 0 ? "unknown" : "healthy";
}
