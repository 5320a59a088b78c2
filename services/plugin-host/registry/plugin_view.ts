/** A plugin's row as others see it: the administrator, and other services. */
import { type Plugin, type PluginSummary, pluginTypeOf } from "@codex/protocol";
import type { PluginRecord } from "../db/plugin_record.ts";
import { canonicalJson } from "../domain/manifest_digest.ts";
import { grantWarnings } from "../domain/grant_warnings.ts";
import { describeNetwork } from "../domain/network_access.ts";
import { contentTypesOf, scopesOf } from "../domain/plugin_scopes.ts";
import { healthOf, type StateAnswer } from "../domain/plugin_state.ts";
import { isUnread, notedChanges, pendingChanges } from "../domain/trust.ts";
import { neededGrants, wishesOf } from "../domain/wishes.ts";
import { isDownloader } from "../process/sandbox_mode.ts";
import type { Confinement, PluginSpec } from "./runtime.ts";

export interface ViewInput {
  readonly record: PluginRecord;
  readonly confinement: Confinement;
  readonly state: StateAnswer;
}

/** @property confinementToGrant of the command that a grant would take over */
export type AdminViewInput = ViewInput & { readonly confinementToGrant: Confinement };

/** As the administrator sees it: no credential and no secret variable's value. */
export function toPlugin(
  { record, confinement, confinementToGrant, state }: AdminViewInput,
  redirectUrl: string,
): Plugin {
  const manifest = record.seenManifest ?? record.pinnedManifest;
  const wishes = wishesOf(record.fileWishes, manifest);
  const { level, reason } = confinement;
  return {
    ...settingsOf(record),
    id: record.id,
    name: record.name,
    displayName: record.displayName,
    description: record.description || (manifest?.description ?? ""),
    pluginType: pluginTypeOfRecord(record),
    command: record.command,
    args: record.args,
    env: record.env,
    workingDirectory: record.workingDirectory,
    permissions: record.permissions,
    requestedPermissions: [...wishes.permissions],
    network: record.network,
    networkAccess: accessBy(confinement, record.network),
    requestedNetwork: [...wishes.network],
    requestedNetworkAccess: accessBy(confinementToGrant, wishes.network),
    neededGrants: neededGrants(record.config, record.network),
    isolation: { level, reason },
    allowUnsandboxed: record.allowUnsandboxed,
    scopes: scopesOf(
      contentTypesOf(record.pinnedManifest ?? manifest, record.metadataTargets),
    ),
    hasCredentials: record.credentialNames.length > 0,
    credentialDelivery: record.credentialDelivery,
    config: record.config,
    manifest,
    manifestDigest: record.seenDigest,
    grantedVersion: record.grantedVersion,
    pendingChanges: pendingChanges(record),
    notedChanges: notedChanges(record),
    warnings: manifest === null ? [] : grantWarnings(manifest),
    enabled: record.enabled,
    healthStatus: healthOf(record),
    state: state.state,
    stateReason: state.reason,
    failureCount: record.failureCount,
    lastFailureAt: toIso(record.lastFailureAt),
    lastSuccessAt: toIso(record.lastSuccessAt),
    disabledReason: record.disabledReason,
    rateLimitRequestsPerMinute: record.rateLimitRequestsPerMinute,
    memoryLimitMb: record.memoryLimitMb,
    logLevel: record.logLevel,
    oauthRedirectUrl: redirectUrl,
    createdAt: record.createdAt.toISOString(),
    updatedAt: record.updatedAt.toISOString(),
  };
}

/** What these hosts, granted, come to. */
function accessBy({ network, ability }: Confinement, hosts: readonly string[]): string {
  return describeNetwork(network, hosts, ability);
}

/** As other services need it: what was granted and pinned, nothing that was only asked for. */
export function toSummary({ record, state }: ViewInput): PluginSummary {
  return {
    ...settingsOf(record),
    id: record.id,
    name: record.name,
    displayName: record.displayName,
    description: record.description || (record.pinnedManifest?.description ?? ""),
    pluginType: pluginTypeOfRecord(record),
    enabled: record.enabled,
    usable: state.isUsable,
    state: state.state,
    stateReason: state.reason,
    healthStatus: healthOf(record),
    permissions: record.permissions,
    scopes: scopesOf(contentTypesOf(record.pinnedManifest, record.metadataTargets)),
    manifest: record.pinnedManifest,
  };
}

/** What it takes to run it with what was granted. */
export function toSpec(record: PluginRecord): PluginSpec {
  const plain = record.env.flatMap(({ key, value }) => value === undefined ? [] : [[key, value]]);
  return {
    id: record.id,
    name: record.name,
    revision: record.revision,
    command: record.command,
    args: record.args,
    folder: record.folder,
    workingDirectory: record.workingDirectory,
    environment: Object.fromEntries(plain),
    credentialDelivery: record.credentialDelivery,
    hasSecrets: record.credentialNames.length > 0 || plain.length < record.env.length,
    network: record.network,
    allowUnsandboxed: record.allowUnsandboxed,
    adminConfig: record.config,
    requestTimeoutMs: record.requestTimeoutSeconds * 1000,
    memoryBytesMax: record.memoryLimitMb * 1024 * 1024,
    logLevel: record.logLevel,
    manifest: record.pinnedManifest,
  };
}

/**
 * What it takes to start it once and read what it asks for: with the command of its file, which a grant
 * would take over, and without secrets unless it is what was granted them.
 *
 * @param granting the network that the administrator is about to grant; only a command that downloads the
 * plugin gets it, or what was granted before
 */
export function toProbeSpec(
  record: PluginRecord,
  granting?: readonly string[],
): PluginSpec {
  const spec = toSpec(record);
  const { command, args } = commandToGrant(record);
  const isGranted = record.pinnedManifest !== null && !isUnread(record) &&
    isSameCommand(record, { command, args });
  const granted = granting ?? (isGranted ? record.network : []);
  const network = isDownloader(command) ? granted : [];
  return { ...spec, command, args, network, hasSecrets: isGranted && spec.hasSecrets };
}

type CommandLine = Pick<PluginRecord, "command"> & { readonly args: readonly string[] };

/** The command that a grant takes over: of its file, or the administrator's own. */
export function commandToGrant({ folder, fileWishes, command, args }: PluginRecord) {
  if (folder === null || fileWishes.command === undefined) return { command, args };
  return { command: fileWishes.command, args: fileWishes.args ?? [] };
}

export function isSameCommand(a: CommandLine, b: CommandLine): boolean {
  return canonicalJson([a.command, a.args]) === canonicalJson([b.command, b.args]);
}

function settingsOf(record: PluginRecord) {
  return {
    libraryIds: record.libraryIds,
    requestTimeoutSeconds: record.requestTimeoutSeconds,
    searchQueryTemplate: record.searchQueryTemplate,
    searchPreprocessingRules: record.searchPreprocessingRules,
    autoMatchConditions: record.autoMatchConditions,
    useExistingExternalId: record.useExistingExternalId,
    metadataTargets: record.metadataTargets,
    syncCronSchedule: record.syncCronSchedule,
    sendFullMetadata: record.sendFullMetadata,
    sendGenresAndTags: record.sendGenresAndTags,
  };
}

function pluginTypeOfRecord(record: PluginRecord) {
  const manifest = record.pinnedManifest ?? record.seenManifest;
  return manifest === null ? "system" : pluginTypeOf(manifest.capabilities);
}

function toIso(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}
