/**
 * A server that outlived its supervisor (kill -9 where `setpriv` is missing), and the lock file of
 * one that didn't. Whoever calls this holds the data folder's lock, so a server found here has no master.
 */
import { join } from "node:path";
import postgres from "postgres";
import { Failure, reasonOf } from "../failure.ts";
import { isAlive } from "../processes.ts";
import { runServerTool, SUPERUSER } from "./cluster.ts";
import type { Home } from "./home.ts";
import type { Program } from "./program.ts";

/** How long a server that is starting, recovering or stopping is waited for. */
const SETTLE_TIMEOUT_MS = 30_000;
/** A server on its way out has closed its port; a stranger with its number stays. */
const GONE_TIMEOUT_MS = 1_000;
const POLL_MS = 50;

type Answer = "ours" | "busy" | "none";

/**
 * Stops a leftover server cleanly, or removes the lock file of a dead one.
 *
 * PostgreSQL itself takes any live process with the old number for the old server and refuses to
 * start: after a reboot, or in a container, that is often a stranger. So the server is asked, by
 * its own password, which folder it serves; the number alone is never signalled.
 */
export async function settleLeftover(
  home: Home,
  program: Program,
  password: string,
): Promise<"none" | "stopped" | "cleared"> {
  const lockFile = join(home.cluster, "postmaster.pid");
  const startedAt = Date.now();
  while (true) {
    const lock = await readLock(lockFile);
    if (lock === undefined) return "none";
    const answer = await ask(lock.port, password, home.cluster);
    if (answer === "ours") {
      await stopServer(home, program);
      return "stopped";
    }
    const waitedMs = Date.now() - startedAt;
    if (answer === "none" && (!isAlive(lock.pid) || waitedMs > GONE_TIMEOUT_MS)) {
      await Deno.remove(lockFile).catch(() => {});
      return "cleared";
    }
    if (waitedMs > SETTLE_TIMEOUT_MS) {
      throw new Failure(`A PostgreSQL server of "${home.cluster}" neither answers nor ends`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Lines 1 and 4 of postmaster.pid; the port is 0 when the server died before writing it. */
async function readLock(lockFile: string): Promise<{ pid: number; port: number } | undefined> {
  try {
    const [pid, , , port] = (await Deno.readTextFile(lockFile)).split("\n");
    return { pid: Number(pid) || 0, port: Number(port) || 0 };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Failure(`Can't read "${lockFile}": ${reasonOf(error)}`);
  }
}

async function ask(port: number, password: string, cluster: string): Promise<Answer> {
  if (port === 0) return "none";
  const sql = postgres({
    host: "127.0.0.1",
    port,
    user: SUPERUSER,
    password,
    database: "postgres",
    max: 1,
    connect_timeout: 5,
    onnotice: () => {},
  });
  try {
    const [row] = await sql<{ folder: string }[]>`select current_setting('data_directory') folder`;
    return row?.folder === cluster ? "ours" : "none";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    // 57P01..57P03: shutting down or starting up. A timeout may be a server under heavy load.
    return code.startsWith("57P") || code === "CONNECT_TIMEOUT" ? "busy" : "none";
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function stopServer(home: Home, program: Program): Promise<void> {
  const args = ["stop", "-D", home.cluster, "-m", "fast", "-w", "-t", "30"];
  const output = await runServerTool(join(program.binFolder, "pg_ctl"), args, home);
  if (output.success) return;
  const reason = reasonOf(output.stderr);
  throw new Failure(`Can't stop the PostgreSQL server of "${home.cluster}": ${reason}`);
}
