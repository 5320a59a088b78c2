/** Start and stop of a service: one clear line when it can't start, and nothing cut off when it stops. */
import { DrizzleQueryError } from "drizzle-orm/errors";
import { type Logger, stopLogging } from "./logger.ts";
import { ConfigError } from "./config.ts";
import { type RunningServer, serveLasting } from "./lasting_server.ts";

/** Requests under way get this long to finish after a stop was asked. */
const DRAIN_MS = 8000;

export interface ServeOptions {
  readonly fetch: (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>;
  readonly hostname: string;
  readonly port: number;
  readonly logger: Logger;
  /** Run in order after the last request: stop workers, close the database. */
  readonly onStop: readonly (() => Promise<void>)[];
}

/**
 * Serves until SIGTERM or SIGINT, then stops taking requests, lets those under way finish for a
 * bounded time, and runs `onStop`.
 *
 * @returns when everything has stopped
 */
export function serveUntilStopped(options: ServeOptions): Promise<void> {
  return runUntilStopped({ ...options, server: serveLasting(options) });
}

export interface RunOptions extends Pick<ServeOptions, "logger" | "onStop"> {
  readonly server: RunningServer;
}

/** The same for a server that listens already. */
export async function runUntilStopped({ server, logger, onStop }: RunOptions): Promise<void> {
  const { hostname, port } = server.addr;
  logger.info("Listening on {hostname}:{port}", { hostname, port });
  const signal = await new Promise<Deno.Signal>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) {
      Deno.addSignalListener(name, () => resolve(name));
    }
  });
  logger.info("Stopping after {signal}", { signal });
  await settleWithin(server.shutdown(), DRAIN_MS);
  for (const stop of onStop) {
    try {
      await stop();
    } catch (error) {
      logger.error("A part did not stop cleanly", { errorText: String(error) });
    }
  }
  logger.info("Stopped");
}

/**
 * Runs a service's `main` and turns a failed start into one line on stderr and exit code 1, never a
 * stack trace.
 */
export async function runMain(service: string, main: () => Promise<void>): Promise<never> {
  try {
    await main();
  } catch (error) {
    await stopLogging();
    const lines = error instanceof ConfigError ? error.problems : [describeStartError(error)];
    const text = lines.map((line) => `${service}: ${line}\n`).join("");
    Deno.stderr.writeSync(new TextEncoder().encode(text));
    Deno.exit(1);
  }
  await stopLogging();
  Deno.exit(0);
}

function describeStartError(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) return "The port is in use: set another";
  // drizzle's own message is the statement with its parameters.
  if (error instanceof DrizzleQueryError) return describeStartError(error.cause);
  if (!(error instanceof Error)) return String(error);
  const code = Reflect.get(error, "code");
  if (code === "ECONNREFUSED" || code === "CONNECT_TIMEOUT") {
    return "The database can't be reached: check the database URL";
  }
  if (code === "28P01" || code === "28000") return "The database refuses the role or its password";
  return error.message.split("\n")[0] ?? error.name;
}

async function settleWithin(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([work.then(() => {}, () => {}), timeout]);
  clearTimeout(timer);
}
