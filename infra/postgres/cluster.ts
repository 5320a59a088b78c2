/** PostgreSQL's data directory: made once by initdb, then only checked. */
import { join } from "node:path";
import { type ProgramOutcome, runProgram } from "@codex/service/program";
import { Failure, reasonOf } from "../failure.ts";
import type { Home } from "./home.ts";
import type { Program } from "./program.ts";
import type { ServerUser } from "./server_user.ts";

export const SUPERUSER = "codex_admin";

/** A slow disk takes its time to make a cluster, or to stop a server with much to write. */
const TOOL_MS_MAX = 5 * 60_000;

/** What a server program sees of our environment: nothing of it. */
const environment = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

/**
 * Makes the data directory where there is none. Passwords are SCRAM only, over TCP only.
 * Strings sort by code point in every place (builtin C.UTF-8), whatever the machine's locale is.
 */
export async function ensureCluster(
  home: Home,
  program: Program,
  password: string,
): Promise<void> {
  const major = await Deno.readTextFile(join(home.cluster, "PG_VERSION")).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Failure(`Can't read the database folder "${home.cluster}": ${reasonOf(error)}`);
  });
  if (major !== undefined) return checkVersion(home, program, major.trim());

  // initdb writes PG_VERSION early, so a half-made cluster must not have the final name.
  const partial = `${home.cluster}.partial`;
  await Deno.remove(partial, { recursive: true }).catch(() => {});
  await Deno.mkdir(partial, { mode: 0o700 });
  const passwordFile = await Deno.makeTempFile({ dir: home.folder, prefix: "password-" });
  try {
    await Deno.writeTextFile(passwordFile, password);
    if (home.user) {
      await Deno.chown(partial, home.user.uid, home.user.gid);
      await Deno.chown(passwordFile, home.user.uid, home.user.gid);
    }
    const output = await runServerTool(join(program.binFolder, "initdb"), [
      `--pgdata=${partial}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      "--auth-host=scram-sha-256",
      "--auth-local=reject",
      "--encoding=UTF8",
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--no-sync",
      "--no-instructions",
    ], home);
    if (!output.success) {
      throw new Failure(`initdb failed: ${reasonOf(output.stderr) || `code ${output.code}`}`);
    }
  } finally {
    await Deno.remove(passwordFile);
  }
  await Deno.rename(partial, home.cluster);
}

/** Where a program of the server's runs, and as whom. */
interface ServerPlace {
  readonly folder: string;
  readonly user: ServerUser | undefined;
}

/** Runs a program of the server's to its end, as the server's user. */
export function runServerTool(
  command: string,
  args: string[],
  { folder, user }: ServerPlace,
): Promise<ProgramOutcome> {
  return runProgram({
    command,
    args,
    cwd: folder,
    env: environment,
    user,
    timeoutMs: TOOL_MS_MAX,
  });
}

/** A command of the server's, as the server's user, with nothing of our environment. */
export function serverCommand(
  command: string,
  args: string[],
  where: ServerPlace,
): Deno.Command {
  return new Deno.Command(command, {
    args,
    cwd: where.folder,
    clearEnv: true,
    env: environment,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // Ctrl-C goes to a whole process group: whoever started the server ends it, in its own order.
    detached: true,
    ...where.user,
  });
}

function checkVersion(home: Home, program: Program, major: string): void {
  if (major === program.version.split(".")[0]) return;
  throw new Failure(
    `The database folder "${home.cluster}" is of PostgreSQL ${major}, the program of ` +
      `${program.version}: dump it with the old version first`,
  );
}
