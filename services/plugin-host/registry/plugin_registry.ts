/** The plugins this installation knows, what they were granted, and what the administrator does with them. */
import type {
  AuthService,
  CallContext,
  GrantRequest,
  Isolation,
  JsonObject,
  Manifest,
  Plugin,
  PluginId,
  PluginSummary,
  ReloadAnswer,
} from "@codex/protocol";
import { type Logger, ProblemError } from "@codex/service";
import { forgetFailures } from "../db/failure_queries.ts";
import {
  deletePlugin,
  type Executor,
  findPlugin,
  insertPlugin,
  listPlugins,
  type PluginChange,
  updatePlugin,
} from "../db/plugin_queries.ts";
import type { PluginRecord } from "../db/plugin_record.ts";
import { differences, digestOf } from "../domain/manifest_digest.ts";
import { stateOf } from "../domain/plugin_state.ts";
import { isInside } from "../process/folders.ts";
import { discoverPlugins, type FoundPlugin } from "./discovery.ts";
import { readManifest } from "./manifest_reading.ts";
import { checkPlugin, type CheckResult } from "./plugin_check.ts";
import { toPlugin, toSpec, toSummary, type ViewInput } from "./plugin_view.ts";
import type { PluginRuntime } from "./runtime.ts";

export interface RegistryDeps {
  readonly db: Executor;
  readonly runtime: PluginRuntime;
  readonly auth: AuthService;
  readonly logger: Logger;
  readonly now: () => number;
  /** Built-in plugins first: they win on equal names. */
  readonly pluginsFolders: readonly string[];
  readonly isSafeMode: boolean;
  /** Shown to the administrator; a property of the installation's public URL. */
  readonly oauthRedirectUrl: string;
}

/** How long the judgement of a plugin's isolation is shown before it is made again. */
const ISOLATION_SHOWN_MS = 5000;

export class PluginRegistry {
  readonly #deps: RegistryDeps;
  readonly #isolations = new Map<
    PluginId,
    { readonly revision: number; readonly isolation: Isolation; readonly until: number }
  >();

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
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

  async view(record: PluginRecord): Promise<Plugin> {
    return toPlugin(await this.#look(record), this.#deps.oauthRedirectUrl);
  }

  async summary(record: PluginRecord): Promise<PluginSummary> {
    return toSummary(await this.#look(record));
  }

  async #look(record: PluginRecord): Promise<ViewInput> {
    const { runtime, isSafeMode } = this.#deps;
    const isolation = await this.#isolationOf(record);
    const live = runtime.statusOf(record.id);
    return { record, isolation, state: stateOf({ record, isolation, live, isSafeMode }) };
  }

  /** Judged anew at every start anyway; here it only has to be shown, and every call looks at it. */
  async #isolationOf(record: PluginRecord): Promise<Isolation> {
    const { id, revision } = record;
    const known = this.#isolations.get(id);
    const now = this.#deps.now();
    if (known?.revision === revision && known.until > now) return known.isolation;
    const isolation = await this.#deps.runtime.isolationOf(toSpec(record));
    this.#isolations.set(id, { revision, isolation, until: now + ISOLATION_SHOWN_MS });
    return isolation;
  }

  /** Reads the plugins folders again. What was found is never started by it. */
  async reload(context: CallContext): Promise<ReloadAnswer> {
    const answer = await this.discover();
    const { added, changed, removed } = answer;
    if (added.length + changed.length + removed.length > 0) {
      await this.audit(context, "plugin.reloaded", undefined, { added, changed, removed });
    }
    return answer;
  }

  /** The same at the service's own start, when there is nobody to name in the audit log. */
  async discover(): Promise<ReloadAnswer> {
    const { found, errors } = await discoverPlugins(this.#deps.pluginsFolders);
    const known = new Map(
      (await listPlugins(this.#deps.db)).map((record) => [record.name as string, record]),
    );
    const answer: ReloadAnswer = { added: [], changed: [], removed: [], errors: [...errors] };
    for (const plugin of found) {
      const { name } = plugin.file;
      const record = known.get(name);
      if (record === undefined) {
        if (await insertPlugin(this.#deps.db, rowOf(plugin)) !== undefined) answer.added.push(name);
      } else if (record.folder === null) {
        const message = `Name "${name}" belongs to a plugin that was added by command`;
        answer.errors.push({ path: plugin.folder, message });
      } else if (await this.#refresh(record, plugin)) answer.changed.push(name);
    }
    const present = new Set(found.map(({ file }) => file.name as string));
    for (const record of known.values()) {
      if (record.folder === null || record.folderMissing || present.has(record.name)) continue;
      // A folder that is there but can't be read now is reported, not taken for removed.
      if (errors.some(({ path }) => isInside(path, record.folder ?? ""))) continue;
      await updatePlugin(this.#deps.db, record.id, { folderMissing: true }, true);
      await this.#deps.runtime.stop(record.id, "now");
      answer.removed.push(record.name);
    }
    return answer;
  }

  /** Takes over what changed in a plugin's folder; true if anything did. */
  async #refresh(record: PluginRecord, found: FoundPlugin): Promise<boolean> {
    const row = rowOf(found);
    const { seenManifest } = record;
    const change: PluginChange = {
      ...row,
      folderMissing: false,
      // The grant approved this file too: another file asks anew.
      seenDigest: seenManifest === null ? null : digestOf({
        manifest: seenManifest,
        fileWishes: row.fileWishes,
        command: row.command,
        args: row.args,
      }),
    };
    const compared = [
      "displayName",
      "description",
      "folder",
      "command",
      "args",
      "fileWishes",
      "seenDigest",
      "folderMissing",
    ] as const;
    const isSame = compared.every((key) => differences(record[key], change[key]).length === 0);
    if (isSame) return false;
    await updatePlugin(this.#deps.db, record.id, change, true);
    return true;
  }

  /**
   * Starts a plugin without network, reads its manifest and remembers it.
   *
   * @returns the outcome, as a result: a plugin that can't be started is not an error of the caller's
   */
  async check(record: PluginRecord): Promise<{ record: PluginRecord; result: CheckResult }> {
    const result = await checkPlugin(this.#deps.runtime, record);
    if (!result.ok) return { record, result };
    return { record: await this.#remember(record, result.manifest), result };
  }

  /** Remembers the manifest that a process started with: one that asks for something else needs approval. */
  async noteManifest(id: PluginId, raw: unknown): Promise<void> {
    const record = await findPlugin(this.#deps.db, id);
    if (record === undefined) return;
    const read = readManifest(raw, record.folder === null ? null : record.name);
    if (read.ok) await this.#remember(record, read.manifest);
  }

  async #remember(record: PluginRecord, manifest: Manifest): Promise<PluginRecord> {
    const { fileWishes, command, args } = record;
    const seenDigest = digestOf({ manifest, fileWishes, command, args });
    if (seenDigest === record.seenDigest) return record;
    const change = { seenManifest: manifest, seenDigest };
    return await updatePlugin(this.#deps.db, record.id, change, false) ?? record;
  }

  /**
   * Approves exactly what is named, of exactly the manifest that was shown.
   *
   * @throws ProblemError `manifest_changed` with the difference, `unprocessable` when it can't be started
   */
  async grant(context: CallContext, id: PluginId, request: GrantRequest): Promise<PluginRecord> {
    const before = await this.find(id);
    const { record, result } = await this.check(before);
    if (!result.ok) throw new ProblemError("unprocessable", result.reason);
    if (record.seenDigest !== request.acceptManifest) {
      const changes = differences(before.seenManifest, result.manifest);
      throw new ProblemError(
        "manifest_changed",
        `The plugin asks for something else now: ${
          changes.join("; ") || "read it again, then grant it"
        }`,
      );
    }
    const granted = await updatePlugin(this.#deps.db, id, {
      permissions: request.permissions,
      network: request.network,
      pinnedManifest: result.manifest,
      pinnedDigest: record.seenDigest,
      grantedAt: new Date(this.#deps.now()),
      enabled: true,
      disabledReason: null,
    }, true);
    await this.#deps.runtime.stop(id, "drain");
    await this.audit(context, "plugin.granted", id, {
      name: record.name,
      permissions: request.permissions,
      network: request.network,
      manifestDigest: request.acceptManifest,
    });
    return granted ?? record;
  }

  /** Changes settings; live processes are replaced, calls in flight finish first. */
  async change(id: PluginId, change: PluginChange): Promise<PluginRecord> {
    const record = await updatePlugin(this.#deps.db, id, change, true);
    if (record === undefined) throw new ProblemError("not_found", "There is no such plugin");
    await this.#deps.runtime.stop(id, "drain");
    return record;
  }

  /** @throws ProblemError `not_granted` */
  async enable(context: CallContext, id: PluginId): Promise<PluginRecord> {
    const record = await this.find(id);
    if (record.pinnedManifest === null) {
      throw new ProblemError("not_granted", `Plugin "${record.name}" has to be granted first`);
    }
    const change = { enabled: true, disabledReason: null, failureCount: 0 };
    await this.audit(context, "plugin.enabled", id, { name: record.name });
    return await updatePlugin(this.#deps.db, id, change, false) ?? record;
  }

  /** Off for everyone, at once. */
  async disable(context: CallContext, id: PluginId): Promise<PluginRecord> {
    const record = await this.find(id);
    const change = { enabled: false, disabledReason: null };
    const updated = await updatePlugin(this.#deps.db, id, change, true);
    await this.#deps.runtime.stop(id, "now");
    await this.audit(context, "plugin.disabled", id, { name: record.name });
    return updated ?? record;
  }

  /** Forgets recorded failures, and turns on again what they had turned off. */
  async reset(context: CallContext, id: PluginId): Promise<PluginRecord> {
    const record = await this.find(id);
    await forgetFailures(this.#deps.db, id);
    const change: PluginChange = {
      failureCount: 0,
      lastFailureAt: null,
      lastExternalFailureAt: null,
      ...(record.disabledReason !== null && { enabled: true, disabledReason: null }),
    };
    await this.audit(context, "plugin.reset", id, { name: record.name });
    return await updatePlugin(this.#deps.db, id, change, false) ?? record;
  }

  /** Removes a plugin with its processes, data, secrets and connections. A folder that is still there is found again. */
  async remove(context: CallContext, id: PluginId): Promise<void> {
    const record = await this.find(id);
    await updatePlugin(this.#deps.db, id, { enabled: false }, true);
    await this.#deps.runtime.removePlugin(id);
    await this.#deps.auth.deletePlugin(this.outgoing(context), id);
    await deletePlugin(this.#deps.db, id);
    this.#isolations.delete(id);
    await this.audit(context, "plugin.deleted", id, { name: record.name });
  }

  /** plugin-host may not assert users: the acting one goes into the audit line instead. */
  outgoing(context: CallContext): CallContext {
    const { requestId, signal } = context;
    return { requestId, ...(signal && { signal }) };
  }

  async audit(
    context: CallContext,
    action: string,
    target: PluginId | undefined,
    detail: JsonObject,
  ): Promise<void> {
    const actorId = context.subject?.userId;
    await this.#deps.auth.appendAudit(this.outgoing(context), {
      action,
      ...(target !== undefined && { target }),
      ...(actorId !== undefined && { actorId }),
      detail,
    });
  }
}

function rowOf(plugin: FoundPlugin) {
  const { file, folder, command, args } = plugin;
  return {
    name: file.name,
    displayName: file.displayName ?? file.name,
    description: file.description ?? "",
    folder,
    command,
    args: [...args],
    fileWishes: {
      ...(file.permissions && { permissions: file.permissions }),
      ...(file.network && { network: file.network }),
    },
  };
}
