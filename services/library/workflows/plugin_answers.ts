/** What library asks of plugins, and what their refusals mean to a caller. */
import {
  type BookMetadata,
  type CallContext,
  type IgnoredValue,
  type Json,
  type MetadataAction,
  type PluginCallAnswer,
  type PluginId,
  type PluginSummary,
  RateLimitedData,
  readWire,
  RpcErrorCode,
  type SeriesMetadata,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { z } from "zod";
import type { LibraryDeps } from "../deps.ts";
import { ANSWER_OF_KIND, type Kind } from "../domain/document.ts";
import type { MetadataAnswer } from "../domain/enrichment.ts";

export type PluginDeps = Pick<LibraryDeps, "pluginHost">;

type CallError = Extract<PluginCallAnswer, { ok: false }>["error"];

/** Without `retryAfterSeconds` from the plugin, a caller is told to wait this long. */
const RETRY_AFTER_SECONDS_DEFAULT = 30;
const MESSAGE_CHARACTERS_MAX = 500;

/**
 * The plugin, if it may work on documents of this kind in this library.
 *
 * @throws ProblemError `not_found`, or `unprocessable` saying what it is not for
 */
export async function applicablePlugin(
  deps: PluginDeps,
  context: CallContext,
  pluginId: PluginId,
  kind: Kind,
  libraryId: string,
): Promise<PluginSummary> {
  const plugin = await deps.pluginHost.getPlugin(context, pluginId);
  const name = `Plugin "${plugin.displayName}"`;
  const provided = plugin.manifest?.capabilities.metadataProvider ?? [];
  if (plugin.manifest !== null && !provided.includes(kind)) {
    throw new ProblemError("unprocessable", `${name} gives no metadata of a ${kind}`);
  }
  if (plugin.metadataTargets.length > 0 && !plugin.metadataTargets.includes(kind)) {
    throw new ProblemError("unprocessable", `${name} is not set up to be used on a ${kind}`);
  }
  if (plugin.libraryIds.length > 0 && !plugin.libraryIds.some((id) => id === libraryId)) {
    throw new ProblemError("unprocessable", `${name} is not set up to be used in this library`);
  }
  return plugin;
}

/**
 * The plugin's record.
 *
 * @throws ProblemError as {@linkcode refusalOf}, and as `PluginHostService.callPlugin`
 */
export async function getMetadata(
  deps: PluginDeps,
  context: CallContext,
  plugin: PluginSummary,
  kind: Kind,
  externalId: string,
): Promise<MetadataAnswer> {
  const schema: z.ZodType<SeriesMetadata | BookMetadata> = ANSWER_OF_KIND[kind];
  const result = await callMetadata(deps, context, plugin, kind, "get", { externalId }, schema);
  if (!result.ok) throw refusalOf(plugin, result.error);
  return { metadata: result.value, ignored: result.ignored };
}

export type CallResult<Value> =
  | { readonly ok: true; readonly value: Value; readonly ignored: readonly IgnoredValue[] }
  | { readonly ok: false; readonly error: CallError };

/** Calls `metadata/<kind>/<action>` and reads the answer. */
export async function callMetadata<Schema extends z.ZodType>(
  deps: PluginDeps,
  context: CallContext,
  plugin: PluginSummary,
  kind: Kind,
  action: MetadataAction,
  params: Record<string, Json>,
  schema: Schema,
): Promise<CallResult<z.output<Schema>>> {
  const method = `metadata/${kind}/${action}`;
  const answer = await deps.pluginHost.callPlugin(context, plugin.id, { method, params });
  if (!answer.ok) return answer;
  const read = readWire(schema, answer.result, "parts");
  if (read.ok) {
    return { ok: true, value: read.value, ignored: [...answer.ignored, ...read.ignored] };
  }
  const [issue] = read.issues;
  throw new ProblemError(
    "plugin_failed",
    `Plugin "${plugin.displayName}" gave an answer that doesn't fit ${method}: ` +
      `${issue?.pointer || "the whole"}: ${issue?.message}`,
  );
}

/** A plugin's own JSON-RPC error as a problem (http-api.md: "Errors"). */
export function refusalOf(plugin: PluginSummary, error: CallError): ProblemError {
  const message = error.message.slice(0, MESSAGE_CHARACTERS_MAX);
  const detail = `Plugin "${plugin.displayName}": ${message}`;
  const pluginError = { code: error.code, message };
  if (error.code === RpcErrorCode.notFound) {
    return new ProblemError("not_found", detail, { pluginError });
  }
  if (error.code === RpcErrorCode.rateLimited) {
    const data = RateLimitedData.safeParse(error.data);
    const retryAfterSeconds = data.success
      ? data.data.retryAfterSeconds
      : RETRY_AFTER_SECONDS_DEFAULT;
    return new ProblemError("rate_limited", detail, { pluginError, retryAfterSeconds });
  }
  return new ProblemError("plugin_failed", detail, { pluginError });
}
