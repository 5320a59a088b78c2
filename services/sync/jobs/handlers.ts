/** What the jobs do. */
import type { PluginSummary } from "@codex/protocol";
import { describeError } from "@codex/service";
import type { SyncDeps } from "../deps.ts";
import { executeRun } from "../runs/execute_run.ts";
import {
  beginRetries,
  beginScheduled,
  forgetOldRuns,
  rescueRuns,
  tellLeftDismissals,
} from "../workflows/upkeep.ts";
import type { JobHandlers, PluginSchedule } from "./engine.ts";

export function createJobHandlers(
  deps: SyncDeps,
  setSchedules: (wanted: readonly PluginSchedule[]) => Promise<void>,
): JobHandlers {
  return {
    async run(runId, signal) {
      const outcome = await executeRun(deps, runId, signal);
      // The engine brings the job again.
      if (outcome === "busy") throw new Error("Another worker is at work on this run");
    },
    async schedule(pluginId) {
      const begun = await beginScheduled(deps, deps.newId(), pluginId);
      deps.logger.info("Began {begun} scheduled syncs of plugin {plugin}", {
        begun,
        plugin: pluginId,
      });
    },
    async upkeep() {
      const duties = {
        schedules: async () => await setSchedules(await wantedSchedules(deps)),
        retries: () => beginRetries(deps, deps.newId()),
        dismissals: () => tellLeftDismissals(deps, deps.newId()),
        rescue: () => rescueRuns(deps),
        history: () => forgetOldRuns(deps),
      };
      for (const [duty, attend] of Object.entries(duties)) {
        try {
          await attend();
        } catch (error) {
          deps.logger.warn("Upkeep failed at {duty}", { duty, ...describeError(error) });
        }
      }
    },
  };
}

async function wantedSchedules({ pluginHost, newId }: SyncDeps): Promise<PluginSchedule[]> {
  const plugins = await pluginHost.listPlugins({ requestId: newId() });
  return plugins.flatMap((plugin) => {
    const cron = cronOf(plugin);
    return cron === undefined ? [] : [{ pluginId: plugin.id, cron }];
  });
}

function cronOf(plugin: PluginSummary): string | undefined {
  const syncs = plugin.manifest?.capabilities.userReadSync ?? false;
  return plugin.usable && syncs && plugin.syncCronSchedule !== null
    ? plugin.syncCronSchedule
    : undefined;
}
