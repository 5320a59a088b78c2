/** Starts a plugin once to see whether it works and what it asks for. */
import type { Manifest, PluginTestAnswer } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { PluginRecord } from "../db/plugin_record.ts";
import { toTenths } from "../domain/latency.ts";
import { PoolError } from "../process/pool_error.ts";
import { RpcError, TransportError } from "../rpc/errors.ts";
import { ignoredInFolder } from "./discovery.ts";
import { readManifest } from "./manifest_reading.ts";
import { toProbeSpec } from "./plugin_view.ts";
import type { PluginRuntime } from "./runtime.ts";

export type CheckResult =
  | {
    readonly ok: true;
    readonly manifest: Manifest;
    readonly ignored: NonNullable<PluginTestAnswer["ignored"]>;
    readonly latencyMs: number;
  }
  | { readonly ok: false; readonly reason: string; readonly latencyMs: number };

/** Beyond these nobody reads on. */
const IGNORED_TOLD_MAX = 100;
/** Lines of its log that explain a crash. */
const LAST_LINES = 4;

/**
 * Without network, but for a command that downloads the plugin first, and without secrets before the grant.
 *
 * @param granting the network that the administrator is about to grant
 */
export async function checkPlugin(
  runtime: PluginRuntime,
  record: PluginRecord,
  granting?: readonly string[],
): Promise<CheckResult> {
  const startedAt = performance.now();
  const failed = (reason: string): CheckResult => ({
    ok: false,
    reason,
    latencyMs: toTenths(performance.now() - startedAt),
  });
  try {
    const probe = await runtime.probe(toProbeSpec(record, granting));
    const name = record.folder === null ? null : record.name;
    const read = readManifest(probe.manifest, name);
    if (!read.ok) return failed(read.reason);
    const ofFile = record.folder === null ? [] : await ignoredInFolder(record.folder);
    const ignored = [
      ...ofFile.map((it) => ({ in: "codex-plugin.json" as const, ...it })),
      ...read.ignored.map((it) => ({ in: "manifest" as const, ...it })),
    ].slice(0, IGNORED_TOLD_MAX);
    return { ok: true, manifest: read.manifest, ignored, latencyMs: toTenths(probe.latencyMs) };
  } catch (error) {
    if (error instanceof RpcError) {
      return failed(`The plugin refused to start: ${error.message} (${error.code})`);
    }
    if (error instanceof TransportError) return failed(withLastWords(error, runtime, record));
    if (error instanceof ProblemError || error instanceof PoolError) return failed(error.message);
    throw error;
  }
}

/** A process that crashed has mostly said why on stderr. */
function withLastWords(
  error: TransportError,
  runtime: PluginRuntime,
  record: PluginRecord,
): string {
  if (error.kind !== "crashed") return error.message;
  const words = runtime.logsOf(record.id).lines.slice(-LAST_LINES).map(({ text }) => text.trim());
  return words.length === 0
    ? error.message
    : `${error.message}; its log ends: ${words.join(" ⏎ ")}`;
}
