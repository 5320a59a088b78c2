/** Puts plugin-host's parts together. */
import type { AuthService, StorageService } from "@codex/protocol";
import type { Identity, Logger, ReadinessCheck, TicketResult } from "@codex/service";
import type { AppDeps } from "./app.ts";
import { CallRecorder } from "./calls/call_recorder.ts";
import { CallMetrics } from "./calls/metrics.ts";
import { PluginCalls } from "./calls/plugin_calls.ts";
import { RecordedEvents } from "./calls/plugin_events.ts";
import type { Config } from "./config.ts";
import type { Executor } from "./db/plugin_queries.ts";
import type { Installation } from "./installation.ts";
import { ProcessRecords, startTimesByPs } from "./process/process_records.ts";
import { NO_SANDBOX } from "./process/sandbox_mode.ts";
import { Starter } from "./process/starter.ts";
import { PluginFolders } from "./registry/plugin_folders.ts";
import { PluginGrants } from "./registry/plugin_grants.ts";
import { PluginRegistry } from "./registry/plugin_registry.ts";
import { PluginSettings } from "./registry/plugin_settings.ts";
import { LivePlugins } from "./runtime/plugin_runtime.ts";

export interface Parts {
  readonly db: Executor;
  readonly identity: Identity;
  readonly auth: AuthService;
  readonly storage: StorageService;
  readonly verifyTicket: (ticket: string) => Promise<TicketResult>;
  readonly logger: Logger;
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  readonly config: Pick<
    Config,
    "sandboxMode" | "isSafeMode" | "processesMax" | "idleMs" | "publicUrl"
  >;
  readonly installation: Installation;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Repeated faults within this time are told together. */
const HEALTH = { threshold: 3, windowSeconds: 3600 };

export interface Assembly extends AppDeps {
  readonly records: ProcessRecords;
}

export function assemble(parts: Parts): Assembly {
  const { db, auth, storage, logger, now, installation, config } = parts;
  const records = new ProcessRecords(installation.processFolder, startTimesByPs, Deno.pid);
  const runtime = new LivePlugins({
    placement: {
      commands: installation.commandPolicy,
      sandboxMode: config.sandboxMode,
      sandboxSupport: NO_SANDBOX,
    },
    denoRuntime: installation.denoRuntime,
    starter: new Starter({
      dataRoot: installation.dataRoot,
      records,
      setprivPath: installation.setprivPath,
    }),
    dataRoot: installation.dataRoot,
    processesMax: config.processesMax,
    idleMs: config.idleMs,
    auth,
    storage,
    logger,
    now,
    events: new RecordedEvents({ db, grants: () => grants, logger, now }),
  });
  const registry = new PluginRegistry({
    db,
    runtime,
    auth,
    now,
    isSafeMode: config.isSafeMode,
    oauthRedirectUrl: `${config.publicUrl}/api/v1/user/plugins/oauth/callback`,
  });
  const grants: PluginGrants = new PluginGrants({ db, runtime, registry, now });
  const { pluginsFolders } = installation;
  const metrics = new CallMetrics();
  const recorder = new CallRecorder({ db, metrics, logger, now });
  const { verifyTicket, identity, checks } = parts;
  return {
    db,
    identity,
    registry,
    grants,
    folders: new PluginFolders({ db, runtime, registry, pluginsFolders }),
    runtime,
    metrics,
    logger,
    checks,
    now,
    health: HEALTH,
    records,
    settings: new PluginSettings({
      db,
      auth,
      now,
      registry,
      grants,
      commandPolicy: installation.commandPolicy,
    }),
    calls: new PluginCalls({ registry, runtime, recorder, verifyTicket }),
  };
}
