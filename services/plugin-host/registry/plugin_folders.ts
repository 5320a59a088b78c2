/** Keeps the registry in step with the plugins folders (protocol.md: "Installed plugins"). */
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
import { discoverPlugins, type FoundPlugin } from "./discovery.ts";
import type { PluginRegistry } from "./plugin_registry.ts";
import type { PluginRuntime } from "./runtime.ts";

export interface PluginFoldersDeps {
  readonly db: Executor;
  readonly runtime: PluginRuntime;
  readonly registry: PluginRegistry;
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
      await this.#deps.registry.audit(context, "plugin.reloaded", undefined, {
        added,
        changed,
        removed,
      });
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

  /**
   * Takes over what changed in a plugin's folder; true if anything did. What a granted plugin runs stays:
   * another command waits for the next grant.
   */
  async #refresh(record: PluginRecord, found: FoundPlugin): Promise<boolean> {
    const { displayName, command, args, ...row } = rowOf(found);
    const { seenManifest, fileWishes } = record;
    const change: PluginChange = {
      ...row,
      // An administrator may have named it otherwise since.
      ...(fileWishes.displayName !== row.fileWishes.displayName && { displayName }),
      ...(record.pinnedManifest === null && { command, args }),
      folderMissing: false,
      seenDigest: seenManifest === null
        ? null
        : digestOf({ manifest: seenManifest, fileWishes: row.fileWishes, command, args }),
    };
    const isSame = Object.entries(change).every(([name, value]) =>
      canonicalJson(record[name as keyof PluginRecord]) === canonicalJson(value)
    );
    if (isSame) return false;
    await updatePlugin(this.#deps.db, record.id, change, true);
    return true;
  }
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
