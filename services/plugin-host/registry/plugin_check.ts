/** Starts a plugin once to see whether it works and what it asks for. */
import type { Manifest, PluginTestAnswer } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { PluginRecord } from "../db/plugin_record.ts";
import { toTenths } from "../domain/latency.ts";
import { tellingLine } from "../domain/telling_line.ts";
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
    readonly log: readonly string[];
  }
  | {
    readonly ok: false;
    readonly reason: string;
    readonly latencyMs: number;
    /** The last lines of this run. */
    readonly log: readonly string[];
  };

/** Beyond these nobody reads on. */
const IGNORED_TOLD_MAX = 100;
/** Lines of its log that explain a crash where none says why. */
const LAST_LINES = 4;
/** Lines of its log that are told with the outcome. */
const LOG_LINES_TOLD = 20;
/** The first of a run, among which the reason is looked for. */
const LOG_LINES_READ = 500;

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
  const log = new RunLog();
  const failed = (reason: string): CheckResult => ({
    ok: false,
    reason,
    latencyMs: toTenths(performance.now() - startedAt),
    log: log.last,
  });
  try {
    const probe = await runtime.probe(toProbeSpec(record, granting), (text) => log.add(text));
    const name = record.folder === null ? null : record.name;
    const read = readManifest(probe.manifest, name);
    if (!read.ok) return failed(read.reason);
    const ofFile = record.folder === null ? [] : await ignoredInFolder(record.folder);
    const ignored = [
      ...ofFile.map((it) => ({ in: "codex-plugin.json" as const, ...it })),
      ...read.ignored.map((it) => ({ in: "manifest" as const, ...it })),
    ].slice(0, IGNORED_TOLD_MAX);
    const latencyMs = toTenths(probe.latencyMs);
    return { ok: true, manifest: read.manifest, ignored, latencyMs, log: log.last };
  } catch (error) {
    if (error instanceof RpcError) {
      return failed(`The plugin refused to start: ${error.message} (${error.code})`);
    }
    if (error instanceof TransportError) return failed(withReason(error, log));
    if (error instanceof ProblemError || error instanceof PoolError) return failed(error.message);
    throw error;
  }
}

const NO_LOOP =
  "The plugin process exited with code 0 before it answered initialize: it never ran its loop " +
  '(with the SDK, end the entry module with "await plugin.run()")';

/** What one run wrote to its log, as far as it is told. */
class RunLog {
  readonly first: string[] = [];
  readonly last: string[] = [];

  add(text: string): void {
    if (this.first.length < LOG_LINES_READ) this.first.push(text);
    this.last.push(text);
    if (this.last.length > LOG_LINES_TOLD) this.last.shift();
  }
}

/** A process that crashed has mostly said why on stderr. */
function withReason(error: TransportError, { first, last }: RunLog): string {
  if (error.kind !== "crashed") return error.message;
  // Nothing failed: a module that only makes a plugin ends like this.
  if (error.exit?.code === 0 && error.exit.signal === null) return NO_LOOP;
  const telling = tellingLine(first);
  if (telling !== undefined) return `${error.message}: ${telling}`;
  const words = last.slice(-LAST_LINES).map((text) => text.trim());
  return words.length === 0
    ? error.message
    : `${error.message}; its log ends: ${words.join(" ⏎ ")}`;
}
