/** Why a run stops before its end, and what follows. */
import { type PluginCallAnswer, RateLimitedData, RpcErrorCode } from "@codex/protocol";
import { ProblemError } from "@codex/service";

type PluginError = Extract<PluginCallAnswer, { ok: false }>["error"];

/** A service that limits its callers seldom asks for more; a plugin that does is asked again then. */
const PAUSE_SECONDS_MAX = 24 * 3600;
const PAUSE_SECONDS_DEFAULT = 60;

export type Stop =
  /** The service asked to wait; the run goes on by itself then. */
  | { readonly kind: "pause"; readonly seconds: number; readonly reason: string }
  /** Something is out of order that may mend itself; a few times. */
  | { readonly kind: "retry"; readonly seconds?: number; readonly reason: string }
  /** Somebody has to do something first. */
  | { readonly kind: "fail"; readonly reason: string };

/** Thrown to end a run early. */
export class RunStop extends Error {
  override readonly name = "RunStop";

  constructor(readonly stop: Stop, options?: ErrorOptions) {
    super(stop.reason, options);
  }
}

/** The run belongs to another by now, or is gone: nothing more may be written. */
export class RunLost extends Error {
  override readonly name = "RunLost";
}

/** The run's connection is no more: nothing is kept of it, nor of the run. */
export class ConnectionGone extends Error {
  override readonly name = "ConnectionGone";
}

/** A plugin's own JSON-RPC error. */
export class PluginRefusal extends Error {
  override readonly name = "PluginRefusal";

  constructor(readonly method: string, readonly error: PluginError) {
    super(error.message);
  }
}

export function toStop(error: unknown): Stop {
  if (error instanceof RunStop) return error.stop;
  if (error instanceof PluginRefusal) return stopOfRefusal(error);
  if (error instanceof ProblemError) {
    const { message: reason, retryAfterSeconds: seconds } = error;
    return { kind: "retry", reason, ...(seconds !== undefined && { seconds }) };
  }
  return { kind: "retry", reason: "Something went wrong here; the log has it by the task's id" };
}

/** protocol.md: "Errors". -32003 is the session's, which can tell the owner of the credentials. */
function stopOfRefusal({ method, error }: PluginRefusal): Stop {
  const reason = `The plugin refused "${method}": ${error.message}`;
  switch (error.code) {
    case RpcErrorCode.rateLimited:
      return pauseFor(RateLimitedData.safeParse(error.data).data?.retryAfterSeconds);
    case RpcErrorCode.externalApi:
    case RpcErrorCode.internal:
      return { kind: "retry", reason };
    default:
      return { kind: "fail", reason };
  }
}

export function pauseFor(seconds: number | undefined): Stop {
  const wait = Math.min(
    PAUSE_SECONDS_MAX,
    Math.max(1, Math.ceil(seconds ?? PAUSE_SECONDS_DEFAULT)),
  );
  return {
    kind: "pause",
    seconds: wait,
    reason: `The service asks to wait ${wait} s: the sync goes on by itself then`,
  };
}
