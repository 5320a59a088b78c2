/** What the registry and the calls ask of the live processes; `runtime/` implements it. */
import type {
  CredentialDelivery,
  Isolation,
  JsonObject,
  Manifest,
  PluginDataUse,
  PluginId,
  PluginLogLevel,
  TicketClaims,
} from "@codex/protocol";
import type { CallHolder } from "../domain/fair_share.ts";
import type { NetworkAbility, NetworkControl, RuntimeKind } from "../domain/network_access.ts";

/** All that is needed to run one plugin. */
export interface PluginSpec {
  readonly id: PluginId;
  readonly name: string;
  /** Changes with anything a process was started with: a live process of another revision is replaced. */
  readonly revision: number;
  /** As configured: a name or path, or `deno` for a module. */
  readonly command: string;
  readonly args: readonly string[];
  /** The installed plugin's folder; null for one that was added by command. */
  readonly folder: string | null;
  readonly workingDirectory: string | null;
  /** Plain variables; secret ones come from the vault at start. */
  readonly environment: Readonly<Record<string, string>>;
  readonly credentialDelivery: CredentialDelivery;
  readonly hasSecrets: boolean;
  /** Granted hosts. */
  readonly network: readonly string[];
  readonly allowUnsandboxed: boolean;
  readonly adminConfig: JsonObject;
  readonly requestTimeoutMs: number;
  /** Resident, over all that belongs to one process. */
  readonly memoryBytesMax: number;
  readonly logLevel: PluginLogLevel;
  /** Pinned at the grant; null before. */
  readonly manifest: Manifest | null;
}

/** How a plugin is confined on this machine. */
export interface Confinement extends Isolation {
  /** Undefined where its command is refused. */
  readonly runtime: RuntimeKind | undefined;
  /** What of a network grant can be enforced. */
  readonly network: NetworkControl;
  /** What level 3 can give; undefined where it doesn't run at that. */
  readonly ability?: NetworkAbility;
}

/** Secrets of a plugin as the vault keeps them: names that begin with `env:` are variables. */
export type PluginSecretsSource = (id: PluginId) => Promise<Readonly<Record<string, string>>>;

export const SECRET_VARIABLE_PREFIX = "env:";

export interface Probe {
  /** The result of `initialize`, unchecked. */
  readonly manifest: unknown;
  /** From spawn to the answer of `ping`. */
  readonly latencyMs: number;
}

export interface RuntimeCall {
  readonly method: string;
  readonly params: JsonObject;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /**
   * Whom of those who share the plugin the call is for; undefined for a connection's, which share
   * nothing.
   */
  readonly holder?: CallHolder;
  /** Told when the message goes out: a call may wait for a process, or never get one. */
  readonly onSend?: () => void;
  /** Of user plugins: a verified ticket and what it says. */
  readonly connection?: { readonly ticket: string; readonly claims: TicketClaims };
}

/** Live state of a plugin on this replica. */
export interface LiveStatus {
  readonly state: "stopped" | "starting" | "running" | "backing_off";
  readonly reason?: string;
}

export interface RuntimeLogs {
  readonly lines: readonly { readonly at: Date; readonly text: string }[];
  /** Lines that made room for newer ones. */
  readonly dropped: number;
}

export interface PluginRuntime {
  /** The level this plugin runs at here, or level 0 and what to do. */
  confinementOf(spec: PluginSpec): Promise<Confinement>;
  /**
   * Starts the plugin once, reads its manifest, pings and stops it.
   *
   * @throws RpcError, TransportError, or ProblemError `unprocessable` when it can't run here
   */
  probe(spec: PluginSpec, onLine: (text: string) => void): Promise<Probe>;
  /**
   * Calls the plugin, starting it first where needed.
   *
   * @throws RpcError what the plugin answered
   * @throws TransportError why there is no answer
   * @throws PoolError why no process can be had now
   * @throws ProblemError `plugin_off` when it can't run here, or of auth when secrets can't be had
   */
  call(spec: PluginSpec, call: RuntimeCall): Promise<unknown>;
  /**
   * Ends every process of a plugin: `drain` lets calls in flight finish first, up to their deadlines. The next one
   * is started at once, however often others crashed.
   */
  stop(id: PluginId, how: "now" | "drain"): Promise<void>;
  /**
   * Ends processes of plugins that the revisions read lack at once, and lets those of an older revision finish:
   * what other replicas have turned off or changed. Of processes that come while they are read they say nothing.
   */
  keepOnly(readRevisions: () => Promise<ReadonlyMap<PluginId, number>>): Promise<void>;
  /** Processes that are up. */
  readonly liveCount: number;
  /** Ends processes of connections at once, by the connection's revision that they were started with. */
  withdraw(isWithdrawn: (connectionId: string, revision: number) => boolean): Promise<void>;
  /** Ends the processes and removes the data folders of connections that are gone, or whose users are. */
  purge(isGone: (connectionOrUserId: string) => boolean): Promise<void>;
  /** What a plugin's data folders take on this replica's disk. */
  dataUseOf(id: PluginId): Promise<PluginDataUse>;
  /** Ends a plugin's processes and removes its data folders; the next call starts it with empty ones. */
  clearData(id: PluginId): Promise<void>;
  /** Plugins of which this replica has logs or data folders. */
  remembered(): Promise<PluginId[]>;
  /** Ends everything of a plugin and removes its data folders and logs. */
  removePlugin(id: PluginId): Promise<void>;
  statusOf(id: PluginId): LiveStatus;
  logsOf(id: PluginId): RuntimeLogs;
  /** Ends everything: the service stops. */
  close(): Promise<void>;
}
