/** Programs of the machine that may or may not be there. */

/** Fixed, so that a program in somebody's PATH can't take the place of the system's. */
const FOLDERS = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"];

/** The full path of a program of the system, or undefined. */
export function findTool(name: string): string | undefined {
  for (const folder of FOLDERS) {
    try {
      const path = `${folder}/${name}`;
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
