/** Adding a plugin by command and changing settings: checked as a whole before anything is stored. */
import type {
  AuthService,
  CallContext,
  FieldError,
  NewPlugin,
  PluginId,
  PluginPatch,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import {
  deletePlugin,
  type Executor,
  insertPlugin,
  type PluginChange,
} from "../db/plugin_queries.ts";
import type { PluginRecord } from "../db/plugin_record.ts";
import { checkCron } from "../domain/cron_schedule.ts";
import { splitEnvironment } from "../domain/environment_secrets.ts";
import { unacceptedWarnings } from "../domain/grant_warnings.ts";
import { pendingChanges, summarizeChanges } from "../domain/trust.ts";
import { isCovered } from "../domain/wishes.ts";
import { type CommandPolicy, resolveCommand } from "../process/command_policy.ts";
import { judgeVariableName } from "../process/environment_policy.ts";
import { judgeWorkingDirectory } from "../process/folders.ts";
import type { AuditLog } from "./audit_log.ts";
import type { CheckResult } from "./plugin_check.ts";
import type { PluginGrants } from "./plugin_grants.ts";
import type { PluginRegistry } from "./plugin_registry.ts";
import { SECRET_VARIABLE_PREFIX } from "./runtime.ts";

interface SettingsDeps {
  readonly auth: Pick<AuthService, "putPluginSecrets">;
  readonly db: Executor;
  readonly registry: PluginRegistry;
  readonly audits: AuditLog;
  readonly grants: PluginGrants;
  readonly commandPolicy: CommandPolicy;
}

export interface AddedPlugin {
  readonly record: PluginRecord;
  /** Undefined when it was not asked to be enabled. */
  readonly check: CheckResult | undefined;
}

/** What decides whether and where a plugin's program may be started. */
interface LaunchSettings {
  readonly command: string;
  readonly args: readonly string[];
  /** Of an installed plugin. */
  readonly folder: string | null;
  readonly env?: NewPlugin["env"];
  readonly workingDirectory?: string | null | undefined;
}

/** Values for the vault; null removes one. */
type SecretChange = Record<string, string | null>;

export class PluginSettings {
  readonly #deps: SettingsDeps;

  constructor(deps: SettingsDeps) {
    this.#deps = deps;
  }

  /**
   * Adds a plugin by command. With `permissions` this counts as the grant; if the check fails it is
   * saved, disabled.
   *
   * @throws ProblemError `bad_request` naming every refused field, `name_taken`,
   * `encryption_key_missing` when a secret can't be kept
   */
  async add(context: CallContext, wish: NewPlugin): Promise<AddedPlugin> {
    const { db, audits, grants } = this.#deps;
    await this.#refuseBadLaunch({ ...wish, args: wish.args ?? [], folder: null });
    // What it may write and reach comes with the grant below, of the manifest that the check reads.
    const {
      name,
      displayName,
      command,
      enabled,
      permissions,
      network,
      acceptWarnings,
      ...settings
    } = wish;
    const { change, secrets } = readChange(settings, undefined);
    const inserted = await insertPlugin(db, { ...change, name, displayName, command });
    if (inserted === undefined) {
      throw new ProblemError("name_taken", `There is a plugin "${name}" already`);
    }
    try {
      await this.#keepSecrets(context, inserted.id, secrets);
      const detail = { name, command, args: wish.args ?? [] };
      await audits.owe(db, context, { action: "plugin.added", target: inserted.id, detail });
    } catch (error) {
      await deletePlugin(db, inserted.id);
      throw error;
    }
    await audits.settle();
    if (enabled === false) return { record: inserted, check: undefined };
    const { record, result } = await grants.check(
      inserted,
      permissions === undefined ? undefined : network,
    );
    if (!result.ok || permissions === undefined || record.seenDigest === null) {
      return { record, check: result };
    }
    const [warning] = unacceptedWarnings(result.manifest, acceptWarnings);
    if (warning !== undefined) {
      const { latencyMs, log } = result;
      return { record, check: { ok: false, reason: warning.message, latencyMs, log } };
    }
    const granted = await grants.grant(context, record.id, {
      permissions,
      network: network ?? [],
      acceptManifest: record.seenDigest,
      ...(acceptWarnings !== undefined && { acceptWarnings }),
    });
    return { record: granted, check: result };
  }

  /**
   * Changes what `patch` names. Grants are narrowed at will, and widened only while the plugin asks for
   * nothing but what was approved: else {@linkcode PluginGrants.grant} is the way, with the manifest's digest.
   *
   * @throws ProblemError `bad_request` naming every refused field, `manifest_changed` with the difference,
   * `encryption_key_missing`
   */
  async change(context: CallContext, id: PluginId, patch: PluginPatch): Promise<PluginRecord> {
    const { registry } = this.#deps;
    const record = await registry.find(id);
    if (patch.command !== undefined || patch.args !== undefined) {
      if (record.folder !== null) {
        throw new ProblemError("bad_request", "The command of an installed plugin is its file's", {
          errors: [{ pointer: "/command", detail: "Is given by codex-plugin.json" }],
        });
      }
    }
    await this.#refuseBadLaunch({
      command: patch.command ?? record.command,
      args: patch.args ?? record.args,
      folder: record.folder,
      env: patch.env,
      workingDirectory: patch.workingDirectory,
    });
    refuseBadSchedule(patch.syncCronSchedule);
    const network = patch.network && [...new Set(patch.network)];
    const grants = {
      ...(patch.permissions !== undefined && { permissions: patch.permissions }),
      ...(network !== undefined && { network }),
    };
    refuseUnseenGrants(record, grants);
    const { change, secrets } = readChange({ ...patch, ...grants }, record);
    await this.#keepSecrets(context, id, secrets);
    return await registry.change(context, id, change, {
      name: record.name,
      settings: Object.keys(patch),
      ...grants,
      ...(patch.allowUnsandboxed !== undefined && { allowUnsandboxed: patch.allowUnsandboxed }),
    });
  }

  /** The same rules as at every start (security.md: "Commands", "Environment"). */
  async #refuseBadLaunch(launch: LaunchSettings): Promise<void> {
    const { command, args, folder, env, workingDirectory } = launch;
    const errors: FieldError[] = [];
    const resolved = await resolveCommand(this.#deps.commandPolicy, command, args, folder);
    if (!resolved.ok) errors.push({ pointer: "/command", detail: resolved.reason });
    if (workingDirectory != null) {
      const judged = await judgeWorkingDirectory(workingDirectory, folder);
      if (!judged.ok) errors.push({ pointer: "/workingDirectory", detail: judged.reason });
    }
    (env ?? []).forEach(({ key }, index) => {
      const judged = judgeVariableName(key);
      if (!judged.allowed) errors.push({ pointer: `/env/${index}/key`, detail: judged.reason });
    });
    if (errors.length === 0) return;
    const detail = errors.map((error) => error.detail).join("; ");
    throw new ProblemError("bad_request", detail, { errors });
  }

  async #keepSecrets(context: CallContext, id: PluginId, secrets: SecretChange): Promise<void> {
    if (Object.keys(secrets).length === 0) return;
    const { auth, registry } = this.#deps;
    await auth.putPluginSecrets(registry.outgoing(context), id, { credentials: secrets });
  }
}

/** What a plugin asks for beyond its approved manifest is granted with that manifest's digest, or not at all. */
function refuseUnseenGrants(
  record: PluginRecord,
  { permissions = [], network = [] }: Pick<PluginPatch, "permissions" | "network">,
): void {
  const pending = pendingChanges(record);
  if (pending.length === 0) return;
  const added = [
    ...permissions.filter((it) => !isCovered(it, record.permissions)),
    ...network.filter((it) => !record.network.includes(it)),
  ];
  if (added.length === 0) return;
  throw new ProblemError(
    "manifest_changed",
    `"${added.join('", "')}" can only be granted together with what changed: ${
      summarizeChanges(pending)
    }`,
  );
}

function refuseBadSchedule(schedule: PluginPatch["syncCronSchedule"]): void {
  if (schedule === undefined || schedule === null) return;
  const result = checkCron(schedule);
  if (result.ok) return;
  const detail = `Character ${result.position}: ${result.reason}`;
  throw new ProblemError("bad_request", detail, {
    errors: [{ pointer: "/syncCronSchedule", detail }],
  });
}

/** Splits what was sent into columns and secrets: no secret reaches the registry's tables. */
function readChange(
  settings: PluginPatch,
  before: PluginRecord | undefined,
): { change: PluginChange; secrets: SecretChange } {
  const { env, credentials, ...columns } = settings;
  const change = defined(columns) as PluginChange;
  const secrets: SecretChange = {};
  if (env !== undefined) {
    const split = splitEnvironment(env);
    change.env = split.entries;
    for (const { key } of before?.env ?? []) {
      if (!env.some((entry) => entry.key === key)) secrets[SECRET_VARIABLE_PREFIX + key] = null;
    }
    for (const [key, value] of Object.entries(split.secrets)) {
      secrets[SECRET_VARIABLE_PREFIX + key] = value;
    }
  }
  if (credentials !== undefined) {
    change.credentialNames = Object.keys(credentials);
    for (const name of before?.credentialNames ?? []) secrets[name] = null;
    Object.assign(secrets, credentials);
  }
  return { change, secrets };
}

/** Without the keys that are undefined, so that they leave their columns alone. */
function defined(shape: object): object {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined));
}
