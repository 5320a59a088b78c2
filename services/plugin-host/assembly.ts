/** Puts plugin-host's parts together. */
import type { AuthService, StorageService } from "@codex/protocol";
import type { Identity, Logger, ReadinessCheck, RepeatedTask, TicketResult } from "@codex/service";
import type { AppDeps } from "./deps.ts";
import { backgroundTasks } from "./background_tasks.ts";
import { CallLimits } from "./calls/call_limits.ts";
import { CallRecorder } from "./calls/call_recorder.ts";
import { EgressLedger } from "./calls/egress_ledger.ts";
import { FaultKeeper } from "./calls/fault_keeper.ts";
import { CallMetrics } from "./calls/metrics.ts";
import { PluginCalls } from "./calls/plugin_calls.ts";
import { RecordedEvents } from "./calls/plugin_events.ts";
import { TrafficLedger } from "./calls/traffic_ledger.ts";
import type { Config } from "./config.ts";
import type { Executor } from "./db/plugin_queries.ts";
import type { Installation } from "./installation.ts";
import { ProcessRecords, startTimesByPs } from "./process/process_records.ts";
import { Starter } from "./process/starter.ts";
import { AuditLog } from "./registry/audit_log.ts";
import { forgetDeleted } from "./registry/deleted_plugins.ts";
import { PluginFolders } from "./registry/plugin_folders.ts";
import { PluginGrants } from "./registry/plugin_grants.ts";
import { PluginRegistry } from "./registry/plugin_registry.ts";
import { PluginSettings } from "./registry/plugin_settings.ts";
import { Purges } from "./registry/purges.ts";
import { HostState } from "./runtime/host_state.ts";
import type { PluginEvents } from "./runtime/plugin_events.ts";
import { LivePlugins } from "./runtime/plugin_runtime.ts";

/** What plugin-host calls of auth. */
export type UsedAuth = Pick<
  AuthService,
  | "appendAudit"
  | "deletePlugin"
  | "getPluginSecrets"
  | "putPluginSecrets"
  | "releaseConnectionSecrets"
  | "renewTicket"
>;

export interface Parts {
  readonly db: Executor;
  readonly identity: Identity;
  readonly auth: UsedAuth;
  readonly storage: StorageService;
  readonly verifyTicket: (ticket: string) => Promise<TicketResult>;
  readonly logger: Logger;
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  readonly config: Pick<
    Config,
    "sandboxMode" | "isSafeMode" | "processesMax" | "idleMs" | "faultLimits" | "publicUrl"
  >;
  readonly installation: Installation;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Assembly extends AppDeps {
  readonly records: ProcessRecords;
  /** Flushed at the end. */
  readonly ledger: EgressLedger;
  readonly traffic: TrafficLedger;
  /** Run by the service while it is up. */
  readonly tasks: readonly RepeatedTask[];
}

export function assemble(parts: Parts): Assembly {
  const { db, auth, storage, logger, now, installation, config } = parts;
  const cgroups = installation.cgroups.available ? installation.cgroups.cgroups : undefined;
  const records = new ProcessRecords(installation.processFolder, startTimesByPs, Deno.pid);
  const ledger = new EgressLedger({ db, logger, now });
  const traffic = new TrafficLedger({ db, logger, now });
  const starter = new Starter({
    dataRoot: installation.dataRoot,
    records,
    setprivPath: installation.setprivPath,
    setsidPath: installation.setsidPath,
    inherited: installation.inherited,
    cgroups,
  });
  const events = new RecordedEvents({
    faults: () => faults,
    grants: () => grants,
    ledger,
    traffic,
    logger,
    now,
  });
  const { hostChecks, checkNetwork } = installation;
  const host = new HostState({ checks: hostChecks, checkNetwork, logger, now });
  const runtime = createRuntime(parts, { starter, events, host });
  const audits = new AuditLog({ db, auth, logger });
  const registry = new PluginRegistry({
    db,
    runtime,
    auth,
    audits,
    now,
    isSafeMode: config.isSafeMode,
    oauthRedirectUrl: `${config.publicUrl}/api/v1/user/plugins/oauth/callback`,
  });
  const grants: PluginGrants = new PluginGrants({ db, runtime, registry, audits, logger, now });
  const { pluginsFolders } = installation;
  const { faultLimits } = config;
  const faults: FaultKeeper = new FaultKeeper({
    db,
    limits: faultLimits,
    logger,
    async onTurnedOff(id) {
      await runtime.stop(id, "now");
      await audits.settle();
    },
  });
  const metrics = new CallMetrics();
  const recorder = new CallRecorder({ db, faults, metrics, logger, now });
  const limits = new CallLimits({ db, logger, elapsed: () => performance.now() });
  const notePath = `${installation.dataRoot}.purges-followed`;
  const purges = new Purges({ db, runtime, now, notePath });
  const { verifyTicket, identity, checks } = parts;
  const memories = [metrics, recorder, events, registry];
  const forgetDeletedPlugins = () => forgetDeleted(db, runtime, memories);
  return {
    db,
    identity,
    registry,
    grants,
    folders: new PluginFolders({ db, runtime, audits, pluginsFolders }),
    runtime,
    host,
    purges,
    ledger,
    traffic,
    storage,
    metrics,
    logger,
    checks,
    faultLimits,
    records,
    forgetDeletedPlugins,
    audits,
    tasks: backgroundTasks({
      db,
      audits,
      runtime,
      host,
      ledger,
      traffic,
      purges,
      starter,
      dataRoot: installation.dataRoot,
      cgroups,
      forgetDeletedPlugins,
    }),
    settings: new PluginSettings({
      db,
      auth,
      audits,
      registry,
      grants,
      commandPolicy: installation.commandPolicy,
    }),
    calls: new PluginCalls({ registry, runtime, recorder, limits, ledger, verifyTicket }),
  };
}

function createRuntime(
  parts: Parts,
  own: {
    readonly starter: Starter;
    readonly events: PluginEvents;
    readonly host: HostState;
  },
): LivePlugins {
  const { auth, storage, logger, now, installation, config } = parts;
  return new LivePlugins({
    placement: {
      commands: installation.commandPolicy,
      sandboxMode: config.sandboxMode,
      sandbox: installation.sandbox,
      cgroups: installation.cgroups,
    },
    denoRuntime: installation.denoRuntime,
    ...own,
    dataRoot: installation.dataRoot,
    processesMax: config.processesMax,
    idleMs: config.idleMs,
    auth,
    storage,
    logger,
    now,
  });
}
