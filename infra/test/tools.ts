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

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
