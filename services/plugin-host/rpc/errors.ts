/**
 * The two families of failure of a call: what the plugin answered (`RpcError`), and what kept it
 * from answering (`TransportError`). Nothing else is thrown at a caller.
 */

/** A JSON-RPC error object that crossed the wire, in either direction. */
export class RpcError extends Error {
  override readonly name = "RpcError";

  constructor(
    readonly code: number,
    message: string,
    /** Opaque; of a hostile plugin anything. */
    readonly data?: unknown,
  ) {
    super(message);
  }
}

/**
 * - `closed`: the connection ended, or had ended, before a reply came
 * - `crashed`: the process ended by itself; `exit` tells how
 * - `timeout`: no reply within the deadline
 * - `cancelled`: the caller's signal was aborted
 * - `queue-full`: the plugin doesn't read its stdin, so the call was refused
 * - `protocol`: the reply breaks JSON-RPC or a limit of the host
 */
export type TransportErrorKind =
  | "closed"
  | "crashed"
  | "timeout"
  | "cancelled"
  | "queue-full"
  | "protocol";

/** How a process ended. `signal` is null for a normal exit. */
export interface ExitStatus {
  readonly code: number;
  readonly signal: string | null;
  /** Why the kernel ended it, as a whole sentence; undefined where that isn't known. */
  readonly reason?: string;
}

export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly exit: ExitStatus | undefined;

  constructor(readonly kind: TransportErrorKind, message: string, exit?: ExitStatus) {
    super(message);
    this.exit = exit;
  }
}

export interface AbandonedCall {
  /** Resolves when, as far as can be told, the plugin no longer works on it. */
  readonly workedOff: Promise<void>;
  /** The plugin answered another call meanwhile: it was busy, and did not hang. */
  readonly wasBusy: boolean;
  /** Of a missed deadline: the same object for calls that missed theirs in one hang. */
  readonly hang?: object;
}

/** A call that the host gave up, at its deadline or because its caller left. */
export class AbandonedError extends TransportError {
  constructor(
    override readonly kind: "timeout" | "cancelled",
    message: string,
    readonly call: AbandonedCall,
  ) {
    super(kind, message);
  }
}

export function crashed(exit: ExitStatus): TransportError {
  const how = exit.signal === null
    ? `exited with code ${exit.code}`
    : `was ended by ${exit.signal}`;
  return new TransportError("crashed", exit.reason ?? `The plugin process ${how}`, exit);
}
