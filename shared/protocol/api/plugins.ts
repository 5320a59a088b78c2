/** Plugins as the administrator sees and runs them (http-api.md: "Plugins, admin", "Plugins, every user"). */
import { z } from "zod";
import { ConnectionId, LibraryId, PluginId, UserId } from "../ids.ts";
import { IsoDateTime, Json, JsonObject, recordOf } from "../json.ts";
import { PluginLogLevel, RequestTimeoutSeconds } from "../lifecycle.ts";
import { ContentType, Manifest, PluginName, PluginType } from "../manifest.ts";
import { MetadataAction } from "../metadata.ts";
import { Permission } from "../permissions.ts";
import { pageOf } from "./paging.ts";

export const PluginState = z.enum([
  "discovered",
  "needs_approval",
  "stopped",
  "starting",
  "running",
  "backing_off",
  "blocked",
  "unsupported",
  "disabled",
]);
export type PluginState = z.infer<typeof PluginState>;

/** Plugin faults only: an outside service that is down degrades, and never disables. */
export const HealthStatus = z.enum(["unknown", "healthy", "degraded", "unhealthy", "disabled"]);
export type HealthStatus = z.infer<typeof HealthStatus>;

export const CredentialDelivery = z.enum(["env", "init_message", "both"]);
export type CredentialDelivery = z.infer<typeof CredentialDelivery>;

export const PluginScope = z.enum([
  "series:detail",
  "series:bulk",
  "book:detail",
  "book:bulk",
  "library:detail",
]);
export type PluginScope = z.infer<typeof PluginScope>;

/** `host`, `host:port` or `*` (protocol.md: "Installed plugins"). */
export const NetworkEntry = z.string().min(1).max(300).regex(
  /^(\*|(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?)$/,
  'Must be "host", "host:port" or "*"',
).refine((entry) => {
  const port = Number(/:(\d+)$/.exec(entry)?.[1] ?? 443);
  return port >= 1 && port <= 65_535;
}, "Must have a port from 1 to 65535");

export const Isolation = z.object({
  /** 0 while nothing can run it, else 1 to 3 (security.md: "Isolation"). */
  level: z.int().min(0).max(3),
  reason: z.string(),
});
export type Isolation = z.infer<typeof Isolation>;

/** An environment variable; the value of a secret one is never shown. */
export const EnvEntry = z.object({
  key: z.string().min(1).max(128).regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "Must be a variable's name"),
  value: z.string().max(32_768).optional(),
});

/** MiB that all processes of a plugin may hold resident; one that holds more is ended. */
export const MemoryLimitMb = z.int().min(32).max(65_536);

/** Of settings that clients know and this version keeps for them. */
const WITHOUT_EFFECT = "Kept and shown; has no effect in this version";

const settings = {
  displayName: z.string().trim().min(1).max(200),
  command: z.string().min(1).max(4096),
  args: z.array(z.string().max(32_768)).max(100),
  env: z.array(EnvEntry).max(100),
  workingDirectory: z.string().max(4096),
  config: JsonObject,
  credentials: recordOf(z.string().min(1).max(128), z.string().max(32_768), 100),
  credentialDelivery: CredentialDelivery,
  permissions: z.array(Permission).max(100),
  network: z.array(NetworkEntry).max(100),
  libraryIds: z.array(LibraryId).max(1000),
  rateLimitRequestsPerMinute: z.int().min(1).max(100_000),
  requestTimeoutSeconds: RequestTimeoutSeconds,
  memoryLimitMb: MemoryLimitMb,
  logLevel: PluginLogLevel,
  searchQueryTemplate: z.string().max(2000).describe(WITHOUT_EFFECT),
  searchPreprocessingRules: Json.describe(WITHOUT_EFFECT),
  autoMatchConditions: Json.describe(WITHOUT_EFFECT),
  useExistingExternalId: z.boolean(),
  metadataTargets: z.array(ContentType).max(100),
};

export const NewPlugin = z.object({
  ...settings,
  name: PluginName,
  enabled: z.boolean().default(true),
  /** Of the grant that `permissions` are: see `GrantRequest`. */
  acceptWarnings: z.array(z.string().max(500)).max(20),
}).partial().required({ name: true, displayName: true, command: true });
export type NewPlugin = z.infer<typeof NewPlugin>;

export const PluginPatch = z.object({
  ...settings,
  workingDirectory: settings.workingDirectory.nullable(),
  searchQueryTemplate: settings.searchQueryTemplate.nullable(),
  rateLimitRequestsPerMinute: settings.rateLimitRequestsPerMinute.nullable(),
  syncCronSchedule: z.string().max(200).nullable(),
  allowUnsandboxed: z.boolean(),
  sendFullMetadata: z.boolean(),
  sendGenresAndTags: z.boolean(),
}).partial();
export type PluginPatch = z.infer<typeof PluginPatch>;

/** What of a manifest an administrator has to accept by name before it is granted. */
export const GrantWarning = z.object({ name: z.string(), message: z.string() });
export type GrantWarning = z.infer<typeof GrantWarning>;

export const Plugin = z.object({
  id: PluginId,
  name: PluginName,
  displayName: z.string(),
  description: z.string(),
  pluginType: PluginType,
  command: z.string(),
  args: z.array(z.string()),
  env: z.array(EnvEntry),
  workingDirectory: z.string().nullable(),
  permissions: z.array(Permission),
  requestedPermissions: z.array(Permission),
  /** As granted: `host`, `host:port` or `*`. */
  network: z.array(z.string()),
  /** What that lets it reach here, in words. */
  networkAccess: z.string(),
  requestedNetwork: z.array(z.string()),
  /** What granting all of that would let it reach here, in words. */
  requestedNetworkAccess: z.string(),
  /** Grants that the configuration needs and that are not given, in words. */
  neededGrants: z.array(z.string()),
  isolation: Isolation,
  allowUnsandboxed: z.boolean(),
  scopes: z.array(PluginScope),
  libraryIds: z.array(LibraryId),
  hasCredentials: z.boolean(),
  credentialDelivery: CredentialDelivery,
  config: JsonObject,
  manifest: Manifest.nullable(),
  manifestDigest: z.string().nullable(),
  /** Of the manifest that was granted; null before. */
  grantedVersion: z.string().nullable(),
  /** How what it asks for differs from what was granted, in words: needs approval, and isn't used before. */
  pendingChanges: z.array(z.string()),
  /** What has to be accepted by name with a grant. */
  warnings: z.array(GrantWarning),
  /** What else changed since the grant, in words: needs no approval. */
  notedChanges: z.array(z.string()),
  enabled: z.boolean(),
  healthStatus: HealthStatus,
  state: PluginState,
  /** What the state means here and what to do, where there is something to do. */
  stateReason: z.string().nullable(),
  failureCount: z.int(),
  lastFailureAt: IsoDateTime.nullable(),
  lastSuccessAt: IsoDateTime.nullable(),
  disabledReason: z.string().nullable(),
  rateLimitRequestsPerMinute: z.int().nullable(),
  requestTimeoutSeconds: z.int(),
  memoryLimitMb: z.int(),
  logLevel: PluginLogLevel,
  searchQueryTemplate: z.string().nullable(),
  searchPreprocessingRules: Json,
  autoMatchConditions: Json,
  useExistingExternalId: z.boolean(),
  metadataTargets: z.array(ContentType),
  syncCronSchedule: z.string().nullable(),
  sendFullMetadata: z.boolean(),
  sendGenresAndTags: z.boolean(),
  oauthRedirectUrl: z.string(),
  createdAt: IsoDateTime,
  updatedAt: IsoDateTime,
});
export type Plugin = z.infer<typeof Plugin>;

/**
 * Why this machine can start no plugin at the moment, and what to do; it counts against no plugin.
 */
export const HostFault = z.object({ reason: z.string(), since: IsoDateTime });
export type HostFault = z.infer<typeof HostFault>;

export const PluginList = z.object({
  plugins: z.array(Plugin),
  total: z.int(),
  /** As the replica that answers found it; null where all is well. */
  hostFault: HostFault.nullable(),
});

export const CreatedPlugin = z.object({
  plugin: Plugin,
  message: z.string(),
  healthCheckPerformed: z.boolean(),
  healthCheckPassed: z.boolean().optional(),
  healthCheckLatencyMs: z.number().optional(),
  healthCheckError: z.string().optional(),
});
export type CreatedPlugin = z.infer<typeof CreatedPlugin>;

export const PluginTestAnswer = z.object({
  success: z.boolean(),
  message: z.string(),
  latencyMs: z.number(),
  manifest: Manifest.optional(),
  /** The last 20 lines that the plugin wrote to its log in this run. */
  log: z.array(z.string()),
  /** What was passed over in the plugin's file and in the manifest that it answered. */
  ignored: z.array(
    z.object({
      in: z.enum(["codex-plugin.json", "manifest"]),
      /** RFC 6901 pointer. */
      pointer: z.string(),
      reason: z.string(),
    }),
  ).optional(),
});
export type PluginTestAnswer = z.infer<typeof PluginTestAnswer>;

export const GrantRequest = z.object({
  permissions: z.array(Permission).max(100),
  network: z.array(NetworkEntry).max(100),
  /** `Plugin.manifestDigest` as the administrator read it. */
  acceptManifest: z.string(),
  /** Names of `Plugin.warnings`, each of which has to be accepted. */
  acceptWarnings: z.array(z.string().max(500)).max(20).optional(),
});
export type GrantRequest = z.infer<typeof GrantRequest>;

export const ReloadAnswer = z.object({
  added: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
  /** What was passed over in the files of plugins that can be used, by RFC 6901 pointer. */
  ignored: z.array(z.object({ path: z.string(), pointer: z.string(), reason: z.string() }))
    .optional(),
});
export type ReloadAnswer = z.infer<typeof ReloadAnswer>;

export const PluginHealth = z.object({
  healthStatus: HealthStatus,
  state: PluginState,
  stateReason: z.string().nullable(),
  failureCount: z.int(),
  lastFailureAt: IsoDateTime.nullable(),
  lastSuccessAt: IsoDateTime.nullable(),
  disabledReason: z.string().nullable(),
});
export type PluginHealth = z.infer<typeof PluginHealth>;

export const PluginFailure = z.object({
  id: z.uuid(),
  occurredAt: IsoDateTime,
  method: z.string().optional(),
  errorCode: z.string().optional(),
  errorMessage: z.string(),
  /** What was asked, without private values. */
  requestSummary: z.string().optional(),
});
export type PluginFailure = z.infer<typeof PluginFailure>;
export const FailuresQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
});
export const PluginFailures = z.object({
  failures: z.array(PluginFailure),
  total: z.int(),
  /** Faults in a row that turn the plugin off. */
  threshold: z.int(),
  /** Faults within `windowSeconds` that do so. */
  windowThreshold: z.int(),
  windowSeconds: z.int(),
  windowFailures: z.int(),
});

export const PluginLogs = z.object({
  lines: z.array(z.object({ at: IsoDateTime, text: z.string() })),
  /** Lines that were dropped because the log is bounded. */
  dropped: z.int(),
});
export type PluginLogs = z.infer<typeof PluginLogs>;

export const PluginStorageUse = z.object({
  connections: z.array(z.object({
    connectionId: z.uuid(),
    keys: z.int(),
    bytes: z.int(),
  })),
  totalKeys: z.int(),
  totalBytes: z.int(),
});

/** What the private folders of a plugin take on the disk of the replica that answers. */
export const PluginDataUse = z.object({
  folders: z.array(z.object({
    /** Null for the folder of a system plugin, and of its test. */
    connectionId: z.uuid().nullable(),
    /** On the disk, with those of files that have no name any more. */
    bytes: z.int(),
    /** Of files without a name, which go when the plugin's process ends. */
    unlinkedBytes: z.int(),
    files: z.int(),
  })),
  totalBytes: z.int(),
  /** A plugin with a folder that takes more is ended. */
  limitBytes: z.int(),
});
export type PluginDataUse = z.infer<typeof PluginDataUse>;

/** One message that went to a plugin; no values. */
export const EgressEntry = z.object({
  at: IsoDateTime,
  /** `initialize` for what a process was started with. */
  method: z.string(),
  /** Nested ones with dots: `entries.progress.volumes`. */
  fields: z.array(z.string()),
  /** Items of the lists that were sent. */
  entries: z.int(),
});
export type EgressEntry = z.infer<typeof EgressEntry>;
export const EgressPage = pageOf(EgressEntry);

export const AdminEgressEntry = EgressEntry.extend({
  /** Whose data it was, or who asked. */
  userId: UserId.optional(),
  connectionId: ConnectionId.optional(),
});
export type AdminEgressEntry = z.infer<typeof AdminEgressEntry>;
export const AdminEgressPage = pageOf(AdminEgressEntry);

/** What passed between a plugin and one host that it was granted, on one day. */
export const TrafficEntry = z.object({
  /** Of UTC. */
  day: z.iso.date(),
  /** `host:port`, an IPv6 address in brackets. */
  host: z.string(),
  connections: z.int(),
  /** What the plugin received. */
  bytesIn: z.int(),
  /** What the plugin sent. */
  bytesOut: z.int(),
  /** Connections that were refused or ended, for where the name led or for a limit; the log says why. */
  refusals: z.int(),
  lastAt: IsoDateTime,
});
export type TrafficEntry = z.infer<typeof TrafficEntry>;
export const TrafficPage = pageOf(TrafficEntry);

export const AdminTrafficEntry = TrafficEntry.extend({
  /** Whose process it was; of nobody where all share it. */
  userId: UserId.optional(),
  connectionId: ConnectionId.optional(),
});
export type AdminTrafficEntry = z.infer<typeof AdminTrafficEntry>;
export const AdminTrafficPage = pageOf(AdminTrafficEntry);

export const PluginMetrics = z.object({
  plugins: z.array(z.object({
    pluginId: PluginId,
    pluginName: z.string(),
    methods: z.array(z.object({
      method: z.string(),
      requests: z.int(),
      failures: z.int(),
      latencyMsAverage: z.number(),
      latencyMsMax: z.number(),
    })),
  })),
});
export type PluginMetrics = z.infer<typeof PluginMetrics>;

export const ExecuteRequest = z.object({
  action: z.union([
    z.literal("ping"),
    z.object({
      metadata: z.object({
        action: MetadataAction,
        contentType: ContentType,
        params: z.record(z.string(), Json),
      }),
    }),
  ]),
});
export type ExecuteRequest = z.infer<typeof ExecuteRequest>;

export const PluginCallError = z.object({
  code: z.int(),
  message: z.string(),
  data: Json.optional(),
});

export const ExecuteAnswer = z.object({
  success: z.boolean(),
  result: Json.optional(),
  error: PluginCallError.optional(),
  /** Values that were left out of the result; missing where there are none. */
  ignored: z.array(z.object({ pointer: z.string(), reason: z.string() })).optional(),
  latencyMs: z.number(),
});
export type ExecuteAnswer = z.infer<typeof ExecuteAnswer>;

export const ActionsQuery = z.object({ scope: PluginScope, libraryId: LibraryId.optional() });
export const PluginActions = z.object({
  actions: z.array(z.object({
    pluginId: PluginId,
    pluginName: z.string(),
    pluginDisplayName: z.string(),
    actionType: z.string(),
    label: z.string(),
    searchUriTemplate: z.string().optional(),
  })),
  scope: PluginScope,
});
export type PluginActions = z.infer<typeof PluginActions>;
