/** The filter of this machine as a file, which bubblewrap takes already opened. */
import { join } from "node:path";
import { compileFilter } from "./filter.ts";

const FILE_NAME = "system-calls.bpf";

/**
 * Writes the filter into `folder`, which the sandbox's user must be able to pass.
 * @returns its path, readable to all and writable to none
 */
export async function writeFilter(folder: string): Promise<string> {
  const path = join(folder, FILE_NAME);
  // Another replica may be starting a plugin with the old one: it finds one or the other, whole.
  const fresh = `${path}.${crypto.randomUUID()}`;
  await Deno.writeFile(fresh, compileFilter(Deno.build.arch), { createNew: true });
  await Deno.chmod(fresh, 0o444);
  await Deno.rename(fresh, path);
  return path;
}
