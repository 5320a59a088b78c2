/** What plugin-host's routes need; `assembly.ts` makes it, `app.ts` hands it on. */
import type { StorageService } from "@codex/protocol";
import type { Identity, Logger, ReadinessCheck } from "@codex/service";
import type { CallMetrics } from "./calls/metrics.ts";
import type { PluginCalls } from "./calls/plugin_calls.ts";
import type { Executor } from "./db/plugin_queries.ts";
import type { FaultLimits } from "./domain/fault_limits.ts";
import type { AuditLog } from "./registry/audit_log.ts";
import type { PluginFolders } from "./registry/plugin_folders.ts";
import type { PluginGrants } from "./registry/plugin_grants.ts";
import type { PluginRegistry } from "./registry/plugin_registry.ts";
import type { PluginSettings } from "./registry/plugin_settings.ts";
import type { Purges } from "./registry/purges.ts";
import type { PluginRuntime } from "./registry/runtime.ts";
import type { HostState } from "./runtime/host_state.ts";

export interface AppDeps {
  readonly db: Executor;
  readonly identity: Identity;
  readonly registry: PluginRegistry;
  readonly grants: PluginGrants;
  readonly folders: PluginFolders;
  readonly settings: PluginSettings;
  readonly audits: AuditLog;
  readonly purges: Purges;
  readonly calls: PluginCalls;
  readonly runtime: PluginRuntime;
  readonly host: HostState;
  readonly metrics: CallMetrics;
  /** Forgets plugins that any replica has deleted. */
  readonly forgetDeletedPlugins: () => Promise<void>;
  readonly storage: Pick<StorageService, "use">;
  readonly logger: Logger;
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  readonly faultLimits: FaultLimits;
}
