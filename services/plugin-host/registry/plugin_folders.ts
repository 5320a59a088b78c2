/** Keeps the registry in step with the plugins folders (protocol.md: "Installed plugins"). */
import { basename, join } from "node:path";
import type { CallContext, ReloadAnswer } from "@codex/protocol";
import {
  type Executor,
  insertPlugin,
  listPlugins,
  type PluginChange,
  updatePlugin,
} from "../db/plugin_queries.ts";
import type { PluginRecord } from "../db/plugin_record.ts";
import { canonicalJson, digestOf } from "../domain/manifest_digest.ts";
import { isInside } from "../process/folders.ts";
import type { AuditLog } from "./audit_log.ts";
import { discoverPlugins, type Discovery, FILE_NAME, type FoundPlugin } from "./discovery.ts";
import type { PluginRuntime } from "./runtime.ts";

/** Of all plugins together: beyond these nobody reads on. */
const IGNORED_TOLD_MAX = 500;

export interface PluginFoldersDeps {
  readonly db: Executor;
  readonly runtime: PluginRuntime;
  readonly audits: AuditLog;
  /** Built-in plugins first: they win on equal names. */
  readonly pluginsFolders: readonly string[];
}

export class PluginFolders {
  readonly #deps: PluginFoldersDeps;

  constructor(deps: PluginFoldersDeps) {
    this.#deps = deps;
  }

  /** Reads the plugins folders again. What was found is never started by it. */
  async reload(context: CallContext): Promise<ReloadAnswer> {
    const answer = await this.discover();
    const { added, changed, removed } = answer;
    if (added.length + changed.length + removed.length > 0) {
      const detail = { added, changed, removed };
      await this.#deps.audits.note(context, { action: "plugin.reloaded", detail });
    }
    return answer;
  }

  /** The same at the service's own start, when there is nobody to name in the audit log. */
  async discover(): Promise<ReloadAnswer> {
    const { db, pluginsFolders } = this.#deps;
    const known = new Map((await listPlugins(db)).map((record) => [record.name as string, record]));
    const folders = [...known].flatMap(([name, { folder }]) =>
      folder === null ? [] : [[name, folder] as const]
    );
    const discovery = await discoverPlugins(pluginsFolders, new Map(folders));
    const { found, errors } = discovery;
    const answer: ReloadAnswer = { added: [], changed: [], removed: [], errors: [...errors] };
    const ignored = found.flatMap(({ folder, ignored }) =>
      ignored.map((value) => ({ path: join(folder, FILE_NAME), ...value }))
    );
    if (ignored.length > 0) answer.ignored = ignored.slice(0, IGNORED_TOLD_MAX);
    for (const plugin of found) {
      const { name } = plugin.file;
      const record = known.get(name);
      if (record === undefined) {
        if (await insertPlugin(db, rowOf(plugin)) !== undefined) answer.added.push(name);
      } else if (record.folder === null) {
        const message =
          `Name "${name}" is that of a plugin that was added by command: delete that one, or give this one another name`;
        answer.errors.push({ path: plugin.folder, message });
      } else if (await this.#refresh(record, plugin)) answer.changed.push(name);
    }
    answer.removed = await this.#noteMissing([...known.values()], discovery);
    return answer;
  }

  /** Turns off what is in the registry and not in the folders any more; returns its names. */
  async #noteMissing(
    known: readonly PluginRecord[],
    { found, unreadable }: Discovery,
  ): Promise<string[]> {
    const present = new Set(found.map(({ file }) => file.name as string));
    const missing: string[] = [];
    for (const { id, name, folder, folderMissing } of known) {
      if (folder === null || folderMissing || present.has(name)) continue;
      // A folder that is there but can't be read now is reported, not taken for removed.
      if (unreadable.some((place) => isInside(folder, place))) continue;
      await updatePlugin(this.#deps.db, id, { folderMissing: true }, true);
      await this.#deps.runtime.stop(id, "now");
      missing.push(name);
    }
    return missing;
  }

  /**
   * Takes over what changed in a plugin's folder; true if anything did. What a granted plugin runs stays:
   * another command waits for the next grant.
   */
  async #refresh(record: PluginRecord, found: FoundPlugin): Promise<boolean> {
    const { displayName, command, args, ...row } = rowOf(found);
    const { fileWishes } = record;
    // What took a granted plugin's place is read before it gets any of its grants.
    const isReplaced = record.pinnedManifest !== null && replaces(found, record);
    const seenManifest = isReplaced ? null : record.seenManifest;
    const change: PluginChange = {
      ...row,
      // An administrator may have named it otherwise since.
      ...(fileWishes.displayName !== row.fileWishes.displayName && { displayName }),
      ...(record.pinnedManifest === null && { command, args }),
      folderMissing: false,
      ...(isReplaced && { seenManifest }),
      seenDigest: seenManifest === null
        ? null
        : digestOf({ manifest: seenManifest, fileWishes: row.fileWishes, command, args }),
    };
    const isSame = Object.entries(change).every(([name, value]) =>
      canonicalJson(record[name as keyof PluginRecord]) === canonicalJson(value)
    );
    if (isSame) return false;
    await updatePlugin(this.#deps.db, record.id, change, true);
    if (isReplaced) await this.#deps.runtime.stop(record.id, "now");
    return true;
  }
}

/**
 * Whether this is another plugin than the one of its name that was there before, rather than a new version
 * of it: it lies in a folder of another name, or came after that one was gone and says something else. The
 * place of the folder says nothing: a whole installation may have moved.
 */
function replaces(
  found: FoundPlugin,
  { folder, folderMissing, fileWishes }: PluginRecord,
): boolean {
  if (folder === null || basename(folder) !== basename(found.folder)) return true;
  return folderMissing && canonicalJson(fileWishes) !== canonicalJson(rowOf(found).fileWishes);
}

function rowOf(plugin: FoundPlugin) {
  const { file, folder } = plugin;
  const { command, args: [...args] } = plugin;
  return {
    name: file.name,
    displayName: file.displayName ?? file.name,
    description: file.description ?? "",
    folder,
    command,
    args,
    fileWishes: {
      command,
      args,
      ...(file.displayName && { displayName: file.displayName }),
      ...(file.permissions && { permissions: file.permissions }),
      ...(file.network && { network: file.network }),
    },
  };
}
