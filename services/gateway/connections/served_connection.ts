/** One accepted connection: the requests on it, and whose turn it is. */
import type { ConnectionHandle, ServeOnConnection } from "./connection_runtime.ts";
import type { ConnectionTable, Seat } from "./connection_table.ts";
import type { UsageLimit } from "./usage_limit.ts";

/** What a request knows of its connection. */
export interface RequestConnection {
  readonly remoteAddr: Deno.Addr;
  /** What the connection's client is counted by. */
  readonly group: string;
  /**
   * Whether as many requests as there may be connections are under way without this one, of its
   * client or in all: HTTP/2 sends many on one connection.
   */
  readonly isBeyondLimit: boolean;
  /** From now on it is the client who is waited for: to take what was sent. */
  waitForClient(): void;
  /** From now on it is the server who is waited for. */
  waitForServer(): void;
  /** Ends the connection after the answer: the client doesn't keep to what it announced. */
  closeAfterAnswer(): void;
  /**
   * The client sends more than it may: ends the connection after the answer, and drops what else
   * was sent on it. HTTP/2 has no last answer, so that a second call ends the connection at once.
   */
  closeFlood(): void;
}

export type RequestHandler = (
  request: Request,
  connection: RequestConnection,
) => Response | Promise<Response>;

export interface ServedConnectionOptions {
  readonly connection: Deno.TcpConn;
  readonly group: string;
  readonly table: ConnectionTable;
  /** Requests under way, by group: each may need a connection to the service that answers. */
  readonly requests: UsageLimit;
  readonly serve: ServeOnConnection;
  readonly handle: RequestHandler;
  readonly onEnd: (served: ServedConnection) => void;
}

export class ServedConnection {
  readonly #options: ServedConnectionOptions;
  readonly #seat: Seat;
  readonly #handle: ConnectionHandle;
  /** One, or several where the client speaks HTTP/2. */
  #requests = 0;
  /** Of them, those whose answer the client has to take. */
  #answers = 0;
  #isLast = false;

  private constructor(options: ServedConnectionOptions, seat: Seat) {
    this.#options = options;
    this.#seat = seat;
    this.#handle = options.serve(
      options.connection,
      (request, info) => this.#answer(request, info),
    );
    const end = () => {
      options.table.leave(seat);
      options.onEnd(this);
    };
    this.#handle.finished.then(end, end);
  }

  /**
   * Serves a connection, if the table has a place for it.
   *
   * @returns undefined when it was refused, and is closed
   */
  static begin(options: ServedConnectionOptions): ServedConnection | undefined {
    const { connection, table } = options;
    let served: ServedConnection | undefined;
    const seat = table.admit(options.group, () => served?.abort());
    if (seat === undefined) {
      connection.close();
      return undefined;
    }
    try {
      // A client that has left without a word is found out by the system.
      connection.setKeepAlive();
      connection.setNoDelay();
      served = new ServedConnection(options, seat);
      return served;
    } catch {
      // It was reset before it was looked at.
      table.leave(seat);
      closeQuietly(connection);
      return undefined;
    }
  }

  /** Ends the connection after the answers under way. */
  finish(): void {
    // What fails here has no client any more.
    this.#handle.shutdown().catch(() => {});
  }

  /** Ends the connection at once. */
  abort(): void {
    this.#handle.abort();
  }

  async #answer(request: Request, info: Deno.ServeHandlerInfo): Promise<Response> {
    this.#requests++;
    this.#look();
    const place = this.#options.requests.take(this.#options.group);
    let isAnswering = false;
    const turn = (toClient: boolean) => {
      if (isAnswering === toClient) return;
      isAnswering = toClient;
      this.#answers += toClient ? 1 : -1;
      this.#look();
    };
    const end = () => {
      this.#requests--;
      if (place.ok) place.release();
      if (isAnswering) this.#answers--;
      this.#look();
    };
    info.completed.then(end, end);
    const response = await this.#options.handle(request, {
      remoteAddr: info.remoteAddr,
      group: this.#options.group,
      isBeyondLimit: !place.ok,
      waitForClient: () => turn(true),
      waitForServer: () => turn(false),
      closeAfterAnswer: () => {
        this.#isLast = true;
      },
      closeFlood: () => {
        if (this.#isLast) this.abort();
        this.#isLast = true;
      },
    });
    turn(true);
    // RFC 9112 section 9.6: the client sends nothing more on it.
    if (this.#isLast) response.headers.set("connection", "close");
    return response;
  }

  #look(): void {
    const { table } = this.#options;
    if (this.#requests === 0) table.enter(this.#seat, this.#isLast ? "closing" : "idle");
    else table.enter(this.#seat, this.#answers === this.#requests ? "answering" : "busy");
  }
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Its end was closed already.
  }
}
