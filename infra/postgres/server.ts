/** One embedded PostgreSQL server on 127.0.0.1: started, watched, stopped cleanly. */
import { join } from "node:path";
import { lines } from "@codex/service/lines";
import { Failure } from "../failure.ts";
import { freePort, isFree } from "../ports.ts";
import { findTool } from "../tools.ts";
import { ensureCluster, serverCommand, SUPERUSER } from "./cluster.ts";
import { type Home, openHome } from "./home.ts";
import { settleLeftover } from "./leftover.ts";
import { installProgram, type Program } from "./program.ts";

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
/** How long the processes of a killed server may hold its shared memory. */
const RELEASE_TIMEOUT_MS = 15_000;
const RETRY_MS = 100;
const READY = "database system is ready to accept connections";

export interface ServerOptions {
  /** Existing folder below which the server lives. Its caller holds the lock against a second one. */
  readonly dataDir: string;
  /** Of the superuser `codex_admin`; fixed when the cluster is made. */
  readonly password: string;
  /** False for throw-away data: skips fsync. */
  readonly durable: boolean;
  /** Where others are going to listen. */
  readonly promisedPorts?: ReadonlySet<number>;
  /** Gets each line of the server's log. */
  readonly onLog?: (line: string) => void;
}

export interface EmbeddedServer {
  readonly home: Home;
  readonly port: number;
  readonly pid: number;
  /** URL of the superuser. */
  adminUrl(database: string): string;
  /** Settles when the server has ended: because we asked, or by itself. */
  readonly exited: Promise<"asked" | "died">;
  /** Ends connections, writes a checkpoint, and resolves when no process is left. */
  stop(): Promise<void>;
  /** Ends it at once; the next start recovers from its log. */
  kill(): void;
}

/** Starts the server of `dataDir`, making programs and data first where they don't exist yet. */
export async function startServer(options: ServerOptions): Promise<EmbeddedServer> {
  const home = await openHome(options.dataDir);
  const program = await installProgram(home.folder);
  await ensureCluster(home, program, options.password);
  await settleLeftover(home, program, options.password);

  const releaseDeadline = Date.now() + RELEASE_TIMEOUT_MS;
  let port = await preferredPort(home, options);
  while (true) {
    const attempt = await launch(home, program, port, options);
    if ("stop" in attempt) {
      await Deno.writeTextFile(join(home.notes, "port"), String(port));
      return {
        home,
        port,
        adminUrl: (database) => superuserUrl(port, options.password, database),
        ...attempt,
      };
    }
    const { reason } = attempt;
    const held = /still in use|lock file .* already exists/.test(reason);
    const taken = /could not bind|could not create any TCP/.test(reason);
    if (!held && !taken || Date.now() > releaseDeadline) {
      throw new Failure(`PostgreSQL doesn't start: ${reason}`);
    }
    if (taken) port = freePort(options.promisedPorts);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** The port of the last start where it is still free, so that a developer's client keeps working. */
async function preferredPort(home: Home, { promisedPorts }: ServerOptions): Promise<number> {
  const last = await readPort(home.notes);
  const isOurs = last > 0 && !promisedPorts?.has(last) && isFree("127.0.0.1", last);
  return isOurs ? last : freePort(promisedPorts);
}

/**
 * The port of the last start, or 0.
 *
 * @param notes see {@link Home}
 */
export async function readPort(notes: string): Promise<number> {
  return Number(await Deno.readTextFile(join(notes, "port")).catch(() => "")) || 0;
}

export function superuserUrl(port: number, password: string, database: string): string {
  return `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

type Running = Pick<EmbeddedServer, "pid" | "exited" | "stop" | "kill">;

/** One try to start. A server that ends before it is ready gives the reason from its log. */
async function launch(
  home: Home,
  program: Program,
  port: number,
  options: ServerOptions,
): Promise<Running | { reason: string }> {
  const child = command(home, program, port, options.durable).spawn();
  void child.stdout.cancel();
  const ready = Promise.withResolvers<"ready">();
  const complaints: string[] = [];
  const reading = (async () => {
    for await (const line of lines(child.stderr)) {
      if (line.includes(READY)) ready.resolve("ready");
      if (/^(FATAL|PANIC|ERROR|WARNING)/.test(line)) complaints.push(line);
      complaints.splice(0, complaints.length - 6);
      options.onLog?.(line);
    }
  })();
  let wasAsked = false;
  const send = (signal: Deno.Signal) => {
    wasAsked = true;
    try {
      child.kill(signal);
    } catch {
      // It has ended by itself.
    }
  };
  const exited = Promise.all([child.status, reading])
    .then(() => wasAsked ? "asked" as const : "died" as const);
  const timer = setTimeout(() => send("SIGQUIT"), START_TIMEOUT_MS);
  const outcome = await Promise.race([ready.promise, exited]).finally(() => clearTimeout(timer));
  if (outcome !== "ready") return { reason: complaints.join(" ") || "it ended without a word" };
  return {
    pid: child.pid,
    exited,
    stop: () => stop(send, exited),
    kill: () => send("SIGQUIT"),
  };
}

function command(home: Home, program: Program, port: number, durable: boolean): Deno.Command {
  const settings: Record<string, string | number> = {
    listen_addresses: "127.0.0.1",
    port,
    // Sockets in a shared /tmp would let other users of the machine try passwords.
    unix_socket_directories: "",
    max_connections: 200,
    log_line_prefix: "",
    // Values of rows and statements don't belong in a log.
    log_error_verbosity: "terse",
    log_min_error_statement: "panic",
    lc_messages: "C",
    timezone: "UTC",
    log_timezone: "UTC",
    ...(durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  const args = ["-D", home.cluster];
  for (const [name, value] of Object.entries(settings)) args.push("-c", `${name}=${value}`);
  const postgres = join(program.binFolder, "postgres");
  const setpriv = findTool("setpriv");
  // SIGINT is PostgreSQL's fast and clean shutdown: what it does when its supervisor was killed.
  return setpriv
    ? serverCommand(setpriv, ["--pdeathsig", "INT", "--", postgres, ...args], home)
    : serverCommand(postgres, args, home);
}

/** Fast shutdown first; a server that doesn't end in time is stopped as a crash would stop it. */
async function stop(
  send: (signal: Deno.Signal) => void,
  exited: Promise<unknown>,
): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    send(signal);
    const timer = Promise.withResolvers<"late">();
    const id = setTimeout(() => timer.resolve("late"), STOP_TIMEOUT_MS);
    const outcome = await Promise.race([exited, timer.promise]).finally(() => clearTimeout(id));
    if (outcome !== "late") return;
  }
}
