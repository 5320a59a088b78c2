/** The plugins this installation knows, what they were granted, and what the administrator does with them. */
import { LRUCache } from "lru-cache";
import type {
  AuthService,
  CallContext,
  ConnectionId,
  JsonObject,
  Plugin,
  PluginId,
  PluginSummary,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { liftPauses } from "../db/bucket_queries.ts";
import { forgetFailures } from "../db/failure_queries.ts";
import {
  deletePlugin,
  type Executor,
  findPlugin,
  listPlugins,
  type PluginChange,
  prepareCallState,
  updatePlugin,
} from "../db/plugin_queries.ts";
import type { PluginRecord } from "../db/plugin_record.ts";
import { type StateAnswer, stateOf } from "../domain/plugin_state.ts";
import { pendingChanges } from "../domain/trust.ts";
import {
  commandToGrant,
  isSameCommand,
  toPlugin,
  toSpec,
  toSummary,
  type ViewInput,
} from "./plugin_view.ts";
import type { AdminAct, AuditLog } from "./audit_log.ts";
import type { PluginMemory } from "./deleted_plugins.ts";
import type { Confinement, PluginRuntime } from "./runtime.ts";

export interface RegistryDeps {
  readonly db: Executor;
  readonly runtime: PluginRuntime;
  readonly auth: Pick<AuthService, "deletePlugin">;
  readonly audits: AuditLog;
  readonly now: () => number;
  readonly isSafeMode: boolean;
  /** Shown to the administrator; a property of the installation's public URL. */
  readonly oauthRedirectUrl: string;
}

/** How long the judgement of how a plugin is confined is shown before it is made again. */
const CONFINEMENT_SHOWN_MS = 5000;

const RECORDS_KEPT_MAX = 1000;

export class PluginRegistry implements PluginMemory {
  readonly #deps: RegistryDeps;
  /** Reading and checking a whole row takes longer than a call; a call asks whether it changed. */
  readonly #records = new LRUCache<PluginId, { version: string; record: PluginRecord }>({
    max: RECORDS_KEPT_MAX,
  });
  readonly #confinements = new Map<
    PluginId,
    { readonly revision: number; readonly confinement: Confinement; readonly until: number }
  >();

  readonly #pending = new WeakMap<PluginRecord, readonly string[]>();
  readonly #findCallState: ReturnType<typeof prepareCallState>;

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
    this.#findCallState = prepareCallState(deps.db);
  }

  async list(): Promise<Plugin[]> {
    const records = await listPlugins(this.#deps.db);
    return await Promise.all(records.map((record) => this.view(record)));
  }

  async summaries(): Promise<PluginSummary[]> {
    const records = await listPlugins(this.#deps.db);
    return await Promise.all(records.map(async (record) => toSummary(await this.#look(record))));
  }

  /** @throws ProblemError `not_found` */
  async find(id: PluginId): Promise<PluginRecord> {
    const record = await findPlugin(this.#deps.db, id);
    if (record === undefined) throw new ProblemError("not_found", "There is no such plugin");
    return record;
  }

  /**
   * As a call needs it.
   *
   * @throws ProblemError `not_found`
   */
  async findForCall(id: PluginId, connectionId: ConnectionId | undefined) {
    const state = await this.#findCallState(id, connectionId);
    if (state === undefined) throw new ProblemError("not_found", "There is no such plugin");
    const { version, pausedMs } = state;
    const known = this.#records.get(id);
    if (known?.version === version) return { record: known.record, pausedMs };
    // A row that was written between the two statements differs again at the next call.
    const record = await this.find(id);
    this.#records.set(id, { version, record });
    return { record, pausedMs };
  }

  async view(record: PluginRecord): Promise<Plugin> {
    const input = await this.#look(record);
    const granted = toSpec(record);
    const toGrant = { ...granted, ...commandToGrant(record) };
    const confinementToGrant = isSameCommand(granted, toGrant)
      ? input.confinement
      : await this.#deps.runtime.confinementOf(toGrant);
    return toPlugin({ ...input, confinementToGrant }, this.#deps.oauthRedirectUrl);
  }

  async summary(record: PluginRecord): Promise<PluginSummary> {
    return toSummary(await this.#look(record));
  }

  /** Whether it takes calls now, and why not. */
  async stateOf(record: PluginRecord): Promise<StateAnswer> {
    return (await this.#look(record)).state;
  }

  async #look(record: PluginRecord): Promise<ViewInput> {
    const { runtime, isSafeMode } = this.#deps;
    const confinement = await this.#confinementOf(record);
    const live = runtime.statusOf(record.id);
    const pending = this.#pendingOf(record);
    const state = stateOf({ record, isolation: confinement, live, isSafeMode, pending });
    return { record, confinement, state };
  }

  /** Found out once for a record, which never changes: every call asks. */
  #pendingOf(record: PluginRecord): readonly string[] {
    const pending = this.#pending.get(record) ?? pendingChanges(record);
    this.#pending.set(record, pending);
    return pending;
  }

  /** Judged anew at every start anyway; here it only has to be shown, and every call looks at it. */
  async #confinementOf(record: PluginRecord): Promise<Confinement> {
    const { id, revision } = record;
    const known = this.#confinements.get(id);
    const now = this.#deps.now();
    if (known?.revision === revision && known.until > now) return known.confinement;
    const confinement = await this.#deps.runtime.confinementOf(toSpec(record));
    this.#confinements.set(id, { revision, confinement, until: now + CONFINEMENT_SHOWN_MS });
    return confinement;
  }

  /** Changes settings; live processes are replaced, calls in flight finish first. */
  async change(
    context: CallContext,
    id: PluginId,
    change: PluginChange,
    detail: JsonObject,
  ): Promise<PluginRecord> {
    const { runtime, audits } = this.#deps;
    const act = { action: "plugin.changed", target: id, detail };
    const record = await this.#update(context, act, change, true);
    await runtime.stop(id, "drain");
    await audits.settle();
    return record;
  }

  /** @throws ProblemError `not_granted` */
  async enable(context: CallContext, id: PluginId): Promise<PluginRecord> {
    const record = await this.find(id);
    if (record.pinnedManifest === null) {
      throw new ProblemError("not_granted", `Plugin "${record.name}" has to be granted first`);
    }
    const change = { enabled: true, disabledReason: null, failureCount: 0, faultTimes: [] };
    const act = { action: "plugin.enabled", target: id, detail: { name: record.name } };
    const updated = await this.#update(context, act, change, false);
    await this.#deps.audits.settle();
    return updated;
  }

  /** Off for everyone, at once. */
  async disable(context: CallContext, id: PluginId): Promise<PluginRecord> {
    const record = await this.find(id);
    const change = { enabled: false, disabledReason: null };
    const act = { action: "plugin.disabled", target: id, detail: { name: record.name } };
    const updated = await this.#update(context, act, change, true);
    await this.#deps.runtime.stop(id, "now");
    await this.#deps.audits.settle();
    return updated;
  }

  /** Forgets recorded failures and pauses, turns on again what they had turned off, and starts it anew. */
  async reset(context: CallContext, id: PluginId): Promise<PluginRecord> {
    const record = await this.find(id);
    await forgetFailures(this.#deps.db, id);
    await liftPauses(this.#deps.db, id);
    const change: PluginChange = {
      failureCount: 0,
      faultTimes: [],
      lastFailureAt: null,
      lastExternalFailureAt: null,
      ...(record.disabledReason !== null && { enabled: true, disabledReason: null }),
    };
    const act = { action: "plugin.reset", target: id, detail: { name: record.name } };
    const updated = await this.#update(context, act, change, true);
    await this.#deps.runtime.stop(id, "drain");
    await this.#deps.audits.settle();
    return updated;
  }

  /** Removes a plugin with its processes, data, secrets and connections. A folder that is still there is found again. */
  async remove(context: CallContext, id: PluginId): Promise<void> {
    const record = await this.find(id);
    await updatePlugin(this.#deps.db, id, { enabled: false }, true);
    await this.#deps.runtime.removePlugin(id);
    await this.#deps.auth.deletePlugin(this.outgoing(context), id);
    await this.#deps.db.transaction(async (tx) => {
      await deletePlugin(tx, id);
      const act = { action: "plugin.deleted", target: id, detail: { name: record.name } };
      await this.#deps.audits.owe(tx, context, act);
    });
    await this.#deps.audits.settle();
  }

  /** Changes a row, and owes the audit log what was done. */
  async #update(
    context: CallContext,
    act: AdminAct & { readonly target: PluginId },
    change: PluginChange,
    restarts: boolean,
  ): Promise<PluginRecord> {
    return await this.#deps.db.transaction(async (tx) => {
      const record = await updatePlugin(tx, act.target, change, restarts);
      if (record === undefined) throw new ProblemError("not_found", "There is no such plugin");
      await this.#deps.audits.owe(tx, context, act);
      return record;
    });
  }

  remembered(): Iterable<PluginId> {
    return this.#confinements.keys();
  }

  forget(id: PluginId): void {
    this.#confinements.delete(id);
    this.#records.delete(id);
  }

  /** plugin-host may not assert users. */
  outgoing(context: CallContext): CallContext {
    const { requestId, signal } = context;
    return { requestId, ...(signal && { signal }) };
  }
}
