/** Programs that only some tests need. */
import { delimiter, join } from "node:path";

/**
 * Whether a test that needs this program can run: `ignore: requireTool("bwrap") === "skip"`.
 * In CI nothing is skipped: there a missing program is an error.
 */
export function requireTool(
  name: string,
  environment: { get(name: string): string | undefined } = Deno.env,
): "present" | "skip" {
  const folders = (environment.get("PATH") ?? "").split(delimiter);
  if (folders.some((folder) => isFile(join(folder, name)))) return "present";
  if (environment.get("CI") === "true") {
    throw new Error(`Tests need the program "${name}", which is not installed`);
  }
  return "skip";
}

/** The same of a device that every user must be able to open, as pasta's. */
export function requireDevice(
  path: string,
  environment: { get(name: string): string | undefined } = Deno.env,
): "present" | "skip" {
  if (isOpenToAll(path)) return "present";
  if (environment.get("CI") === "true") {
    throw new Error(`Tests need "${path}" open to every user (as root: chmod 0666 ${path})`);
  }
  return "skip";
}

/** By a program: Deno itself looks below /dev with all permissions only. */
function isOpenToAll(path: string): boolean {
  const { success, stdout } = new Deno.Command("stat", {
    args: ["--format=%a", "--", path],
    stdin: "null",
    stderr: "null",
  }).outputSync();
  const mode = parseInt(new TextDecoder().decode(stdout), 8);
  return success && (mode & 0o666) === 0o666;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
