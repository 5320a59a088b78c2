/** Programs that only some tests need. */
import { delimiter, join } from "node:path";
import { runProgram } from "@codex/service/program";

/**
 * Whether a test that needs this program can run: `ignore: requireTool("bwrap") === "skip"`.
 * In CI nothing is skipped: there a missing program is an error.
 */
export function requireTool(
  name: string,
  environment: { get(name: string): string | undefined } = Deno.env,
): "present" | "skip" {
  if (findInPath(name, environment) !== undefined) return "present";
  return missing(`the program "${name}", which is not installed`, environment);
}

/** Where a program is by PATH; undefined where it is not installed. */
export function findInPath(
  name: string,
  environment: { get(name: string): string | undefined } = Deno.env,
): string | undefined {
  const folders = (environment.get("PATH") ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find(isFile);
}

/** The same for a device that any user has to be able to open, as sandboxes run as another user. */
export async function requireDevice(
  path: string,
  environment: { get(name: string): string | undefined } = Deno.env,
): Promise<"present" | "skip"> {
  if (await isOpenToAll(path)) return "present";
  return missing(`"${path}" to be open to every user (as root: chmod 0666 ${path})`, environment);
}

function missing(what: string, environment: { get(name: string): string | undefined }): "skip" {
  if (environment.get("CI") === "true") throw new Error(`Tests need ${what}`);
  return "skip";
}

/** By a program: Deno looks at nothing below /dev without all permissions. */
async function isOpenToAll(path: string): Promise<boolean> {
  const program = { command: "stat", args: ["-c", "%a", "--", path], timeoutMs: STAT_MS_MAX };
  const { success, stdout } = await runProgram(program);
  return success && (parseInt(stdout, 8) & 0o006) === 0o006;
}

const STAT_MS_MAX = 10_000;

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
