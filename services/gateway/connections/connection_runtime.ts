/**
 * HTTP on one accepted connection, as Deno itself does it below `Deno.serve`.
 *
 * `Deno.serve` takes connections by itself: it can't be told how many, it can't close one that
 * sends nothing, and it ends at the first one that finds no descriptor. Deno's `node:http` stops
 * accepting for ever there. What Deno calls for each connection is not part of its documented
 * interface, so this is the only place that knows of it; a test fails should a version of Deno be
 * without it.
 */

/** As `Deno.serve` returns it, but of one connection. */
export interface ConnectionHandle {
  /** Settles once the connection has ended. */
  readonly finished: Promise<void>;
  /**
   * Ends the connection after the answers under way; then {@linkcode abort} does nothing any more.
   */
  readonly shutdown: () => Promise<void>;
  /** Ends the connection at once, whatever it is doing. */
  readonly abort: () => void;
}

export type ConnectionHandler = (
  request: Request,
  info: Deno.ServeHandlerInfo,
) => Response | Promise<Response>;

/** What Deno asks of an abort signal. */
interface SignalOfOne {
  addEventListener(type: "abort", listener: () => void): void;
}

type ServeHttpOnConnection = (
  connection: Deno.TcpConn,
  signal: SignalOfOne,
  handler: ConnectionHandler,
  onError: (error: unknown) => Response,
  onListen: () => void,
) => Pick<ConnectionHandle, "finished" | "shutdown">;

/** Serves HTTP on a connection until it ends. */
export type ServeOnConnection = (
  connection: Deno.TcpConn,
  handler: ConnectionHandler,
) => ConnectionHandle;

/** @throws Error where this Deno has no such function */
export function connectionRuntime(deno: object = Deno): ServeOnConnection {
  const serve = serveHttpOnConnection(deno);
  return (connection, handler) => {
    let cancel: (() => void) | undefined;
    const { finished, shutdown } = serve(
      connection,
      // Deno's listener throws for a connection that has just ended: in a real signal that would be
      // an uncaught error, and end the process.
      { addEventListener: (_type, listener) => void (cancel = listener) },
      handler,
      // The app answers errors itself.
      () => new Response(null, { status: 500 }),
      () => {},
    );
    const abort = () => {
      try {
        cancel?.();
      } catch {
        // It has ended.
      }
    };
    return { finished, shutdown, abort };
  };
}

function serveHttpOnConnection(deno: object): ServeHttpOnConnection {
  const key: unknown = Reflect.get(deno, "internal");
  const internals: unknown = typeof key === "symbol" ? Reflect.get(deno, key) : undefined;
  const serve: unknown = typeof internals === "object" && internals !== null
    ? Reflect.get(internals, "serveHttpOnConnection")
    : undefined;
  if (!isServe(serve)) {
    throw new Error(
      `Deno ${Deno.version.deno} can't serve single connections: start with the version that README.md names`,
    );
  }
  return serve;
}

function isServe(value: unknown): value is ServeHttpOnConnection {
  return typeof value === "function";
}
