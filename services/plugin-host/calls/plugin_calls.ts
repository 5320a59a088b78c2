/** How a call of a service or a person becomes a call of a plugin, and what its outcome means. */
import {
  type CallContext,
  type ExecuteAnswer,
  type ExecuteRequest,
  type Json,
  type JsonObject,
  metadataMethods,
  type PluginCall,
  type PluginCallAnswer,
  type PluginId,
  readWire,
  toPointer,
  type UserId,
} from "@codex/protocol";
import { ProblemError, type TicketResult } from "@codex/service";
import type { PluginRecord } from "../db/plugin_record.ts";
import { bucketOf, type CallBucket } from "../domain/call_bucket.ts";
import { BACKGROUND } from "../domain/fair_share.ts";
import { toTenths } from "../domain/latency.ts";
import { healthOf, type StateAnswer } from "../domain/plugin_state.ts";
import type { PluginRegistry } from "../registry/plugin_registry.ts";
import { toSpec } from "../registry/plugin_view.ts";
import type { PluginRuntime, RuntimeCall } from "../registry/runtime.ts";
import { RpcError } from "../rpc/errors.ts";
import type { CalledPlugin, CallRecorder } from "./call_recorder.ts";
import { type CallLimits, refusePaused } from "./call_limits.ts";
import type { EgressLedger } from "./egress_ledger.ts";
import { findMethod, metadataMethod, type MethodSchema } from "./method_schemas.ts";
import { matchBySearch, type MatchFallback, matchFallback } from "./match_fallback.ts";
import { AnswerError, causeOf, judge, toProblem } from "./outcome.ts";

const PING = "ping";
/** Values left out of an answer that a person is told of. */
const IGNORED_TOLD_MAX = 200;

type LimitedCall = RuntimeCall & {
  readonly bucket: CallBucket;
  /** Whose data it sends, or who asked. */
  readonly userId: UserId | undefined;
};

/** A plugin that is off is asked about again after this. */
const OFF_RETRY_SECONDS = 60;

export interface PluginCallsDeps {
  readonly registry: PluginRegistry;
  readonly runtime: PluginRuntime;
  readonly recorder: CallRecorder;
  readonly limits: CallLimits;
  readonly ledger: EgressLedger;
  readonly verifyTicket: (ticket: string) => Promise<TicketResult>;
}

export class PluginCalls {
  readonly #deps: PluginCallsDeps;

  constructor(deps: PluginCallsDeps) {
    this.#deps = deps;
  }

  /**
   * Calls a method on behalf of another service; the answer is checked by the method's schema.
   *
   * @throws ProblemError `plugin_crashed`, `plugin_failed`, `deadline_exceeded`, `no_capacity`,
   * `plugin_off`, `not_granted`, `bad_request`, `rate_limited`
   */
  async call(context: CallContext, id: PluginId, call: PluginCall): Promise<PluginCallAnswer> {
    const { ticket, method, params } = call;
    const verified = ticket === undefined ? undefined : await this.#deps.verifyTicket(ticket);
    const connectionId = verified?.ok ? verified.claims.connectionId : undefined;
    const { record, pausedMs } = await this.#deps.registry.findForCall(id, connectionId);
    await this.#refuseUnusable(record);
    const schema = refuseUncovered(record, method);
    const connection = connectionOf(record, ticket, verified);
    const bucket = bucketOf(id, connection?.claims);
    const userId = connection?.claims.userId ?? context.subject?.userId;
    // A connection has a process and a bucket of its own.
    const holder = connection === undefined ? userId ?? BACKGROUND : undefined;
    // A ping asks nothing of the service behind the plugin.
    if (method !== PING) {
      refusePaused(record.name, pausedMs);
      await this.#deps.limits.admit(
        { bucket, holder, pluginName: record.name },
        record.rateLimitRequestsPerMinute,
      );
    }
    return await this.#run(record, schema, {
      method,
      params,
      bucket,
      userId,
      ...(context.signal && { signal: context.signal }),
      ...(connection && { connection }),
      ...(holder && { holder }),
    });
  }

  /** Runs one action for a person. The plugin's own error is an answer, not a problem. */
  async execute(
    context: CallContext,
    id: PluginId,
    { action }: ExecuteRequest,
  ): Promise<ExecuteAnswer> {
    const startedAt = performance.now();
    const call = action === "ping" ? { method: PING, params: {} } : {
      method: metadataMethod(action.metadata.contentType, action.metadata.action),
      params: readParams(action.metadata),
    };
    const answer = await this.call(context, id, call);
    const latencyMs = toTenths(performance.now() - startedAt);
    if (!answer.ok) return { success: false, error: answer.error, latencyMs };
    const ignored = answer.ignored.slice(0, IGNORED_TOLD_MAX);
    return {
      success: true,
      result: answer.result,
      ...(ignored.length > 0 && { ignored }),
      latencyMs,
    };
  }

  async #run(
    record: PluginRecord,
    schema: MethodSchema,
    call: LimitedCall,
  ): Promise<PluginCallAnswer> {
    const { runtime, recorder, limits } = this.#deps;
    const plugin: CalledPlugin = {
      id: record.id,
      name: record.name,
      isUnwell: healthOf(record) !== "healthy",
    };
    const startedAt = performance.now();
    const elapsed = () => performance.now() - startedAt;
    try {
      const onSend = () => this.#noteSent(record.id, call);
      const raw = await runtime.call(toSpec(record), { ...call, onSend });
      const read = readWire(schema.answer, raw, "parts");
      if (!read.ok) throw new AnswerError(call.method, read.issues);
      await recorder.succeeded(plugin, call.method, elapsed());
      // What a schema made of parsed JSON is JSON.
      return { ok: true, result: read.value as Json, ignored: [...read.ignored] };
    } catch (error) {
      const fallback = matchFallback(call.method, call.params, error);
      if (fallback !== undefined) return await this.#matchBySearch(record, call, fallback);
      const fault = judge(error, call.connection !== undefined);
      if (fault !== undefined && error instanceof Error) {
        const { method, params } = call;
        const cause = causeOf(error);
        await recorder.failed(plugin, { method, params, latencyMs: elapsed() }, fault, cause);
      }
      await limits.notePause(call.bucket, error);
      if (error instanceof RpcError) return { ok: false, error: toCallError(error) };
      throw toProblem(error, record.name);
    }
  }

  #noteSent(pluginId: PluginId, { method, params, connection, userId }: LimitedCall): void {
    const connectionId = connection?.claims.connectionId;
    this.#deps.ledger.note({ pluginId, connectionId, userId, method, params });
  }

  async #matchBySearch(
    record: PluginRecord,
    call: LimitedCall,
    fallback: MatchFallback,
  ): Promise<PluginCallAnswer> {
    const method = metadataMethod(fallback.contentType, "search");
    const schema = { ...metadataMethods[fallback.contentType].search, isCovered: () => true };
    return await matchBySearch(
      fallback,
      (params) => this.#run(record, schema, { ...call, method, params }),
    );
  }

  async #refuseUnusable(record: PluginRecord): Promise<void> {
    const state = await this.#deps.registry.stateOf(record);
    if (!state.isUsable) throw unusable(record.name, state);
  }
}

/**
 * The connection that a user plugin's call is for.
 *
 * @param verified what became of checking `ticket`
 */
function connectionOf(
  record: PluginRecord,
  ticket: string | undefined,
  verified: TicketResult | undefined,
): RuntimeCall["connection"] {
  const { capabilities } = record.pinnedManifest ?? {};
  const isUserPlugin = capabilities?.userReadSync || capabilities?.userRecommendationProvider;
  if (!isUserPlugin) return undefined;
  if (ticket === undefined) {
    throw new ProblemError("bad_request", `Plugin "${record.name}" works for a connection only`);
  }
  if (!verified?.ok || verified.claims.pluginId !== record.id) {
    throw new ProblemError("unauthenticated", "The connection ticket is not valid here");
  }
  return { ticket, claims: verified.claims };
}

function unusable(name: string, { state, reason }: StateAnswer): ProblemError {
  if (state === "discovered") {
    return new ProblemError("not_granted", `Plugin "${name}" has to be granted first`);
  }
  const why = reason ?? "an administrator turned it off";
  return new ProblemError("plugin_off", `Plugin "${name}" is ${state}: ${why}`, {
    retryAfterSeconds: OFF_RETRY_SECONDS,
  });
}

/** Only what the approved manifest covers is ever asked. */
function refuseUncovered(record: PluginRecord, method: string): MethodSchema {
  const schema = findMethod(method);
  const { pinnedManifest: manifest, metadataTargets: targets, name } = record;
  if (schema === undefined) {
    throw new ProblemError("bad_request", `There is no plugin method "${method}"`);
  }
  if (manifest === null || !schema.isCovered(manifest.capabilities)) {
    throw new ProblemError("bad_request", `Plugin "${name}" does not offer "${method}"`);
  }
  const { contentType } = schema;
  if (contentType !== undefined && targets.length > 0 && !targets.includes(contentType)) {
    throw new ProblemError("bad_request", `Plugin "${name}" is not used for "${contentType}" here`);
  }
  return schema;
}

type MetadataRequest = Exclude<ExecuteRequest["action"], "ping">["metadata"];

/** The parameters as the method wants them; every wrong one is named. */
function readParams({ contentType, action, params }: MetadataRequest): JsonObject {
  const schema = findMethod(metadataMethod(contentType, action))?.params;
  const parsed = schema?.safeParse(params);
  if (parsed?.success) return withoutUndefined(parsed.data as object);
  const errors = (parsed?.error.issues ?? []).map((issue) => ({
    pointer: `/action/metadata/params${toPointer(issue.path)}`,
    detail: issue.message,
  }));
  const named = errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join("; ");
  throw new ProblemError("bad_request", named, { errors });
}

function withoutUndefined(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

/** What a plugin says of its error, where numbers that can't be kept exactly are told as texts. */
function keepable(data: Json): Json {
  if (typeof data === "number") return Number.isFinite(data) ? data : String(data);
  if (Array.isArray(data)) return data.map(keepable);
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([name, child]) => [name, keepable(child)]));
}

function toCallError(error: RpcError) {
  return {
    code: error.code,
    message: error.message,
    ...(error.data !== undefined && { data: keepable(error.data as Json) }),
  };
}
