/** What plugins ask for, read from the plugins themselves, and what the administrator grants them. */
import type { CallContext, GrantRequest, Manifest, PluginId } from "@codex/protocol";
import { type Logger, ProblemError } from "@codex/service";
import {
  type Executor,
  findPlugin,
  lockPlugin,
  type PluginChange,
  updatePlugin,
} from "../db/plugin_queries.ts";
import type { PluginRecord } from "../db/plugin_record.ts";
import { unacceptedWarnings } from "../domain/grant_warnings.ts";
import { differences, digestOf } from "../domain/manifest_digest.ts";
import { isUnread, pendingChanges, summarizeChanges } from "../domain/trust.ts";
import type { AuditLog } from "./audit_log.ts";
import { readManifest } from "./manifest_reading.ts";
import { checkPlugin, type CheckResult } from "./plugin_check.ts";
import type { PluginRegistry } from "./plugin_registry.ts";
import { commandToGrant } from "./plugin_view.ts";
import type { PluginRuntime } from "./runtime.ts";

export interface PluginGrantsDeps {
  readonly db: Executor;
  readonly runtime: PluginRuntime;
  readonly registry: PluginRegistry;
  readonly audits: AuditLog;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class PluginGrants {
  readonly #deps: PluginGrantsDeps;

  constructor(deps: PluginGrantsDeps) {
    this.#deps = deps;
  }

  /**
   * Starts a plugin without network, reads its manifest and remembers it.
   *
   * @param granting the network that the administrator is about to grant, for a command that can't start without
   * @returns the outcome, as a result: a plugin that can't be started is not an error of the caller's
   */
  async check(
    record: PluginRecord,
    granting?: readonly string[],
  ): Promise<{ record: PluginRecord; result: CheckResult }> {
    const result = await checkPlugin(this.#deps.runtime, record, granting);
    if (!result.ok) return { record, result };
    return { record: await this.#remember(record, result.manifest), result };
  }

  /** Remembers the manifest that a process started with: one that asks for something else needs approval. */
  async noteManifest(id: PluginId, raw: unknown): Promise<void> {
    const record = await findPlugin(this.#deps.db, id);
    // What was started from a folder that has been replaced since says nothing about its successor.
    if (record === undefined || isUnread(record)) return;
    const read = readManifest(raw, record.folder === null ? null : record.name);
    if (read.ok) await this.#remember(record, read.manifest);
  }

  async #remember(record: PluginRecord, manifest: Manifest): Promise<PluginRecord> {
    const { db, logger } = this.#deps;
    if (digestOfRecord(record, manifest) === record.seenDigest) return record;
    // Under the row's lock: a grant that ends meanwhile must not be overwritten by what was before it.
    const remembered = await db.transaction(async (tx) => {
      const now = await lockPlugin(tx, record.id);
      return now && await updatePlugin(tx, now.id, seenChange(now, manifest), false);
    });
    if (remembered === undefined) return record;
    const pending = pendingChanges(remembered);
    if (pending.length > 0) {
      const changes = summarizeChanges(pending);
      logger.warn("Plugin {plugin} needs approval: {changes}", { plugin: record.name, changes });
    }
    return remembered;
  }

  /**
   * Approves exactly what is named, of exactly the manifest that was shown.
   *
   * @throws ProblemError `manifest_changed` with the difference, `unprocessable` when it can't be started
   * or a warning was not accepted
   */
  async grant(context: CallContext, id: PluginId, request: GrantRequest): Promise<PluginRecord> {
    const before = await this.#deps.registry.find(id);
    const network = [...new Set(request.network)];
    const { record, result } = await this.check(before, network);
    if (!result.ok) throw new ProblemError("unprocessable", result.reason);
    if (record.seenDigest !== request.acceptManifest) {
      const changes = differences(before.seenManifest, result.manifest);
      throw new ProblemError(
        "manifest_changed",
        `The plugin asks for something else now: ${
          summarizeChanges(changes) || "read it again, then grant it"
        }`,
      );
    }
    const { acceptWarnings = [] } = request;
    refuseUnaccepted(result.manifest, acceptWarnings);
    const { db, runtime, audits, now } = this.#deps;
    const { permissions, acceptManifest: manifestDigest } = request;
    const granted = await db.transaction(async (tx) => {
      const detail = { name: record.name, permissions, network, manifestDigest, acceptWarnings };
      await audits.owe(tx, context, { action: "plugin.granted", target: id, detail });
      return await updatePlugin(tx, id, {
        permissions,
        network,
        ...commandToGrant(record),
        pinnedManifest: result.manifest,
        pinnedFileWishes: record.fileWishes,
        grantedVersion: result.manifest.version,
        grantedAt: new Date(now()),
        enabled: true,
        disabledReason: null,
        failureCount: 0,
        faultTimes: [],
      }, true);
    });
    await runtime.stop(id, "drain");
    await audits.settle();
    return granted ?? record;
  }
}

function refuseUnaccepted(manifest: Manifest, accepted: readonly string[]): void {
  const warnings = unacceptedWarnings(manifest, accepted);
  if (warnings.length === 0) return;
  const told = warnings.map(({ name, message }) => `${message} ("${name}" in acceptWarnings)`);
  throw new ProblemError("unprocessable", told.join("; "));
}

/** The digest by which exactly this, of this plugin, is approved. */
function digestOfRecord(record: PluginRecord, manifest: Manifest): string {
  const { fileWishes } = record;
  return digestOf({ manifest, fileWishes, ...commandToGrant(record) });
}

/** The pin moves on with a manifest that asks for nothing else, such as a new version's. */
function seenChange(record: PluginRecord, manifest: Manifest): PluginChange {
  const isAsGranted = record.pinnedManifest !== null &&
    pendingChanges({ ...record, seenManifest: manifest }).length === 0;
  return {
    seenManifest: manifest,
    seenDigest: digestOfRecord(record, manifest),
    ...(isAsGranted && { pinnedManifest: manifest }),
  };
}
