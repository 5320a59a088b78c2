/** The live plugins of this replica: what {@linkcode PluginRuntime} promises, over the pool of processes. */
import type { AuthService, PluginDataUse, PluginId, StorageService } from "@codex/protocol";
import { type NetworkNeed, networkNeed } from "../domain/network_access.ts";
import { type Redact, redactJson } from "../domain/redaction.ts";
import type { PluginProcess, ProcessEnd } from "../process/plugin_process.ts";
import { ProcessPool } from "../process/pool.ts";
import type { ProcessSpec } from "../process/process_spec.ts";
import type { Starter } from "../process/starter.ts";
import { readManifest } from "../registry/manifest_reading.ts";
import type {
  Confinement,
  LiveStatus,
  PluginRuntime,
  PluginSpec,
  Probe,
  RuntimeCall,
  RuntimeLogs,
} from "../registry/runtime.ts";
import { RpcError, TransportError } from "../rpc/errors.ts";
import {
  dataPathOf,
  dataUseOf,
  pluginsWithData,
  probePathOf,
  removePluginData,
  removeUserData,
} from "./data_folders.ts";
import { DataLimit } from "./data_limit.ts";
import type { HostState } from "./host_state.ts";
import { confinementOf, placementOf } from "./placement.ts";
import { emptyStorage, noReverseMethods, storageHandler } from "./reverse_storage.ts";
import { StartRequests, type StartRequestsDeps } from "./start_requests.ts";
import { TicketHolder } from "./ticket_holder.ts";

export interface LivePluginsDeps extends StartRequestsDeps {
  readonly starter: Starter;
  readonly host: HostState;
  /** Holds the private folder of every plugin and connection. */
  readonly dataRoot: string;
  readonly processesMax: number;
  readonly idleMs: number;
  readonly auth: Pick<
    AuthService,
    "getPluginSecrets" | "releaseConnectionSecrets" | "renewTicket"
  >;
  readonly storage: StorageService;
}

type CallConnection = RuntimeCall["connection"];

interface LiveSpec extends ProcessSpec {
  readonly pluginId: PluginId;
  readonly need: NetworkNeed | undefined;
  readonly connectionId: string | undefined;
  readonly userId: string | undefined;
}

export class LivePlugins implements PluginRuntime {
  readonly #deps: LivePluginsDeps;
  readonly #pool: ProcessPool<LiveSpec>;
  readonly #requests: StartRequests;
  readonly #dataLimit: DataLimit;
  /** Take out of a process's errors what that process knows. */
  readonly #redacts = new WeakMap<PluginProcess, Redact>();
  readonly #tickets = new WeakMap<PluginProcess, TicketHolder>();

  constructor(deps: LivePluginsDeps) {
    this.#deps = deps;
    this.#requests = new StartRequests(deps);
    this.#dataLimit = new DataLimit(deps.dataRoot);
    this.#pool = new ProcessPool({
      processesMax: deps.processesMax,
      idleMs: deps.idleMs,
      onCrash: (spec, end) => void this.#crashed(spec, end),
    });
  }

  async confinementOf(spec: PluginSpec): Promise<Confinement> {
    const { placement: policy } = this.#deps;
    return confinementOf(await placementOf(policy, spec), policy);
  }

  async probe(spec: PluginSpec, onLine: (text: string) => void): Promise<Probe> {
    const plugin = await this.#requests.pluginSecrets(spec);
    const { request, redact } = await this.#requests.make(spec, {
      secrets: { plugin, connection: undefined },
      dataPath: probePathOf(spec.id),
      isTest: true,
      onRequest: emptyStorage,
      onLine,
    });
    const startedAt = performance.now();
    const process = await this.#onHost(
      networkNeed(spec.network),
      () => withRedacted(redact, this.#deps.starter.start(request, new AbortController().signal)),
    );
    try {
      await process.call("ping", {});
      return { manifest: process.initializeResult, latencyMs: performance.now() - startedAt };
    } finally {
      // The answer doesn't wait for a plugin that ignores its shutdown.
      process.close();
    }
  }

  async call(spec: PluginSpec, call: RuntimeCall): Promise<unknown> {
    const { method, params, connection, signal, holder, onSend } = call;
    const { timeoutMs = spec.requestTimeoutMs } = call;
    const options = { timeoutMs, ...(signal && { signal }) };
    const answer = this.#pool.use(this.#liveSpec(spec, connection), (process, leftMs) => {
      if (connection !== undefined) {
        this.#tickets.get(process)?.offer(connection.ticket, connection.claims.exp * 1000);
      }
      onSend?.();
      const answer = process.call(method, params, { ...options, timeoutMs: leftMs });
      return withRedacted(this.#redacts.get(process), answer);
    }, { ...options, ...(holder && { holder }) });
    return await answer.catch(async (error) => {
      throw isCrash(error) ? await this.#deps.host.blame(error, networkNeed(spec.network)) : error;
    });
  }

  async stop(id: PluginId, how: "now" | "drain"): Promise<void> {
    const isOfPlugin = ({ pluginId }: LiveSpec) => pluginId === id;
    this.#pool.forgive(id);
    if (how === "drain") this.#pool.drain(isOfPlugin);
    else await this.#pool.stop(isOfPlugin, "The plugin was turned off");
  }

  async keepOnly(readRevisions: () => Promise<ReadonlyMap<PluginId, number>>): Promise<void> {
    const known = this.#pool.specs();
    const revisions = await readRevisions();
    this.#pool.drain(({ pluginId, revision }) => Number(revision) < (revisions.get(pluginId) ?? 0));
    await this.#pool.stop(
      (spec) => known.has(spec) && !revisions.has(spec.pluginId),
      "The plugin was turned off",
    );
  }

  get liveCount(): number {
    return this.#pool.live().length;
  }

  async withdraw(
    isWithdrawn: (connectionId: string, revision: number) => boolean,
  ): Promise<void> {
    await this.#pool.stop(
      ({ connectionId, generation }) =>
        connectionId !== undefined && isWithdrawn(connectionId, generation ?? 0),
      "The connection was turned off",
    );
  }

  async purge(isGone: (connectionOrUserId: string) => boolean): Promise<void> {
    await this.#pool.stop(
      ({ connectionId, userId }) =>
        [connectionId, userId].some((id) => id !== undefined && isGone(id)),
      "The connection has ended",
    );
    await removeUserData(this.#deps.dataRoot, isGone);
  }

  dataUseOf(id: PluginId): Promise<PluginDataUse> {
    return dataUseOf(this.#deps.dataRoot, id, this.#deps.starter.running());
  }

  async clearData(id: PluginId): Promise<void> {
    await this.#pool.stop(({ pluginId }) => pluginId === id, "The plugin's data was removed");
    await removePluginData(this.#deps.dataRoot, id);
  }

  async remembered(): Promise<PluginId[]> {
    return [...this.#requests.remembered(), ...await pluginsWithData(this.#deps.dataRoot)];
  }

  async removePlugin(id: PluginId): Promise<void> {
    await this.#pool.stop(({ pluginId }) => pluginId === id, "The plugin was deleted");
    this.#pool.forgive(id);
    this.#requests.forget(id);
    await removePluginData(this.#deps.dataRoot, id);
  }

  statusOf(id: PluginId): LiveStatus {
    const state = this.#pool.stateOf(id);
    return state === "backing_off"
      ? { state, reason: "It crashed and is started again after a while" }
      : { state };
  }

  logsOf(id: PluginId): RuntimeLogs {
    return this.#requests.logsOf(id);
  }

  async close(): Promise<void> {
    await Promise.all([
      this.#dataLimit.close(),
      this.#pool.close(),
      // With those that were started for their manifest alone.
      ...[...this.#deps.starter.running()].map((process) => process.close()),
    ]);
    await this.#deps.starter.close();
  }

  #liveSpec(spec: PluginSpec, connection: CallConnection): LiveSpec {
    const claims = connection?.claims;
    const need = networkNeed(spec.network);
    return {
      need,
      key: `${spec.id}/${claims?.connectionId ?? "system"}`,
      pluginId: spec.id,
      connectionId: claims?.connectionId,
      userId: claims?.userId,
      revision: String(spec.revision),
      // Of the connection: its tokens, credentials and configuration.
      generation: claims?.revision ?? 0,
      start: (signal) => this.#onHost(need, () => this.#start(spec, connection, signal), signal),
    };
  }

  async #start(
    spec: PluginSpec,
    connection: CallConnection,
    signal: AbortSignal,
  ): Promise<PluginProcess> {
    const { starter, events, storage, logger } = this.#deps;
    const dataPath = dataPathOf(spec.id, connection?.claims);
    const [plugin, secrets] = await Promise.all([
      this.#requests.pluginSecrets(spec),
      this.#requests.connectionSecrets(connection),
      this.#dataLimit.refuseFull(dataPath),
    ]);
    const holder = this.#holderOf(connection);
    const { request, redact } = await this.#requests.make(spec, {
      secrets: { plugin, connection: secrets },
      dataPath,
      onRequest: holder === undefined
        ? noReverseMethods
        : storageHandler({ storage, ticket: () => holder.current(), logger }),
    });
    const process = await withRedacted(redact, starter.start(request, signal));
    this.#redacts.set(process, redact);
    this.#dataLimit.watchEnd(process, dataPath, request.onLogLine);
    const manifest = readManifest(process.initializeResult, spec.manifest?.name ?? null);
    if (!manifest.ok) {
      await process.kill(manifest.reason);
      throw new TransportError("protocol", manifest.reason);
    }
    process.callsMax = manifest.manifest.maxConcurrentCalls;
    events.started(spec.id, process.initializeResult);
    if (holder !== undefined) this.#tickets.set(process, holder);
    return process;
  }

  /** Starts something; where it fails through this machine's fault, it fails as `host-fault`. */
  async #onHost<T>(
    need: NetworkNeed | undefined,
    start: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const { host } = this.#deps;
    host.refuseFaulty(need);
    try {
      return await start();
    } catch (error) {
      throw signal?.aborted ? error : await host.blame(error, need);
    }
  }

  /** While nothing was asked of it: nobody else tells of it. */
  async #crashed({ pluginId, need }: LiveSpec, end: ProcessEnd): Promise<void> {
    if (await this.#deps.host.look(need) === undefined) this.#deps.events.crashed(pluginId, end);
  }

  #holderOf(connection: CallConnection): TicketHolder | undefined {
    if (connection === undefined) return undefined;
    const { auth, now } = this.#deps;
    const renew: AuthService["renewTicket"] = (context, ticket) =>
      auth.renewTicket(context, ticket);
    return new TicketHolder(connection.ticket, connection.claims.exp * 1000, renew, now);
  }
}

function isCrash(error: unknown): boolean {
  return error instanceof TransportError && error.kind === "crashed";
}

/** What `work` gives; a plugin's error is without its secrets. */
async function withRedacted<Result>(
  redact: Redact | undefined,
  work: Promise<Result>,
): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (redact === undefined || !(error instanceof RpcError)) throw error;
    throw new RpcError(error.code, redact(error.message), redactJson(redact, error.data));
  }
}
