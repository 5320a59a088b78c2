/** What the outcome of a call means: for its caller, and for the plugin's health (protocol.md: "Errors"). */
import { RpcErrorCode, tellIssue, type WireIssue } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { PoolError } from "../process/pool_error.ts";
import { AbandonedError, RpcError, TransportError } from "../rpc/errors.ts";
import type { FailureWeight } from "./fault_keeper.ts";

/** How a failed call weighs; `none` is told to its caller alone. */
export interface Fault {
  readonly weight: FailureWeight | "none";
  readonly code: string;
  readonly message: string;
}

/** An answer that fails its method's schema. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";

  constructor(method: string, issues: readonly WireIssue[]) {
    const told = issues.slice(0, 5).map(tellIssue);
    super(`The answer to "${method}" is not of its shape: ${told.join("; ")}`);
  }
}

/**
 * Judges what a call threw; undefined for what is no fault of a plugin, such as a caller that left.
 *
 * @param isOfConnection the call was for one user's connection
 */
export function judge(error: unknown, isOfConnection: boolean): Fault | undefined {
  if (error instanceof AnswerError) {
    return { weight: "plugin", code: "invalid_answer", message: error.message };
  }
  if (error instanceof RpcError) {
    const weight = weightOfCode(error.code, isOfConnection);
    return { weight, code: String(error.code), message: error.message };
  }
  // For the administrator to see; how full a folder is was counted when the plugin filled it.
  if (error instanceof PoolError && error.kind === "data-full") {
    return { weight: "noted", code: "data_folder_full", message: error.message };
  }
  if (!(error instanceof TransportError)) return undefined;
  if (error instanceof AbandonedError && error.kind === "timeout" && error.call.wasBusy) {
    const message = `${error.message}: it was busy with other calls`;
    return { weight: "noted", code: "busy", message };
  }
  switch (error.kind) {
    case "crashed":
    case "timeout":
    case "protocol":
      return { weight: "plugin", code: error.kind, message: error.message };
    // The host's refusal: a plugin that really hangs misses the deadlines of the calls before this one.
    case "queue-full":
    case "closed":
    case "cancelled":
      return undefined;
  }
}

/** Limits and wrong questions are nobody's fault; credentials and settings are not the plugin's. */
function weightOfCode(code: number, isOfConnection: boolean): Fault["weight"] {
  switch (code) {
    case RpcErrorCode.internal:
      return "plugin";
    case RpcErrorCode.externalApi:
      return "external";
    case RpcErrorCode.authFailed:
    case RpcErrorCode.configuration:
      return isOfConnection ? "none" : "noted";
    default:
      return "none";
  }
}

/** What failed calls have in common if one fault struck them all; a crash throws them one error. */
export function causeOf(error: Error): object {
  return error instanceof AbandonedError ? error.call.hang ?? error : error;
}

/** What the caller is told where the plugin gave no answer; a plugin's own error is not for this. */
export function toProblem(error: unknown, pluginName: string): unknown {
  if (error instanceof AnswerError) {
    return new ProblemError("plugin_failed", `Plugin "${pluginName}": ${error.message}`);
  }
  if (error instanceof PoolError) {
    const code = error.kind === "no-capacity" ? "no_capacity" : "plugin_off";
    return new ProblemError(code, error.message, { retryAfterSeconds: error.retryAfterSeconds });
  }
  if (!(error instanceof TransportError)) return error;
  switch (error.kind) {
    case "crashed":
      return new ProblemError(
        "plugin_crashed",
        `Plugin "${pluginName}" crashed during the call: ${error.message}; the next call starts it again`,
      );
    case "timeout":
      return new ProblemError(
        "deadline_exceeded",
        `Plugin "${pluginName}" did not answer in time: ${error.message}`,
      );
    case "protocol":
      return new ProblemError("plugin_failed", `Plugin "${pluginName}": ${error.message}`);
    case "queue-full":
      return new ProblemError("no_capacity", `Plugin "${pluginName}": ${error.message}`, {
        retryAfterSeconds: 2,
      });
    case "closed":
    case "cancelled":
      return new ProblemError("plugin_off", `Plugin "${pluginName}": ${error.message}`, {
        retryAfterSeconds: 2,
      });
  }
}
