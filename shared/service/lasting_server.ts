/**
 * A server that goes on where `Deno.serve` ends: at the first connection that can't be accepted.
 */
import { describeError } from "./problem_error.ts";
import type { Logger } from "./logger.ts";

/** What is served until the process stops. */
export interface RunningServer {
  readonly addr: Deno.NetAddr;
  /** Takes no more requests; resolves once those under way are answered. */
  shutdown(): Promise<void>;
}

export interface LastingServerOptions {
  readonly hostname: string;
  readonly port: number;
  readonly fetch: (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>;
  readonly logger: Logger;
}

/** Milliseconds between two tries to listen. */
const LISTEN_AGAIN_MS = 100;

/**
 * Serves on one port for good. Where no descriptor is left for a connection, `Deno.serve` gives the
 * port up; it is taken again as soon as that can be, with an error in the log.
 */
export function serveLasting(options: LastingServerOptions): RunningServer {
  const { hostname, fetch, logger } = options;
  const listen = (port: number) => Deno.serve({ hostname, port, onListen: () => {} }, fetch);
  let server = listen(options.port);
  const { addr } = server;
  let isStopping = false;

  async function keep(): Promise<void> {
    while (!isStopping) {
      try {
        await server.finished;
        return;
      } catch (error) {
        if (isStopping) return;
        logger.error("Connections can't be accepted: listening again", describeError(error));
      }
      await listenAgain();
    }
  }

  async function listenAgain(): Promise<void> {
    while (!isStopping) {
      await new Promise((resolve) => setTimeout(resolve, LISTEN_AGAIN_MS));
      try {
        if (!isStopping) server = listen(addr.port);
        return;
      } catch {
        // There is no descriptor for the listener either, until some connection ends.
      }
    }
  }

  void keep();
  return {
    addr,
    async shutdown() {
      isStopping = true;
      await server.shutdown();
    },
  };
}
