/** Reads the plugins folders (protocol.md: "Installed plugins"). One bad folder never hides the others. */
import { join } from "node:path";
import { PluginFile, readWire } from "@codex/protocol";
import { findFolderFault } from "../process/folders.ts";

export interface FoundPlugin {
  readonly file: PluginFile;
  readonly folder: string;
  readonly command: string;
  readonly args: readonly string[];
}

export interface DiscoveryFault {
  readonly path: string;
  readonly message: string;
}

export interface Discovery {
  readonly found: readonly FoundPlugin[];
  readonly errors: readonly DiscoveryFault[];
}

const FILE_NAME = "codex-plugin.json";
const FILE_BYTES_MAX = 256 * 1024;

/**
 * Reads every folder right below `roots`.
 *
 * @param roots the first wins where two hold a plugin of the same name: built-in plugins come first
 */
export async function discoverPlugins(roots: readonly string[]): Promise<Discovery> {
  const found = new Map<string, FoundPlugin>();
  const errors: DiscoveryFault[] = [];
  for (const root of roots) {
    const isOfThisRoot = new Set<string>();
    for (const folder of await listFolders(root, errors)) {
      const read = await readPlugin(folder);
      if (read === undefined) continue;
      if ("message" in read) {
        errors.push(read);
        continue;
      }
      const { name } = read.file;
      if (!found.has(name)) {
        found.set(name, read);
        isOfThisRoot.add(name);
      } else {
        const message = isOfThisRoot.has(name)
          ? `Name "${name}" is used twice: "${found.get(name)?.folder}" has it too`
          : `Name "${name}" belongs to a built-in plugin: rename this one`;
        errors.push({ path: folder, message });
      }
    }
  }
  return { found: [...found.values()], errors };
}

async function listFolders(root: string, errors: DiscoveryFault[]): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(root));
    return entries.filter((entry) => entry.isDirectory || entry.isSymlink)
      .map((entry) => join(root, entry.name)).sort();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      errors.push({ path: root, message: "The folder can't be read" });
    }
    return [];
  }
}

/** A plugin, what is wrong with it, or undefined for a folder that holds none. */
async function readPlugin(folder: string): Promise<FoundPlugin | DiscoveryFault | undefined> {
  const path = join(folder, FILE_NAME);
  const text = await readText(path);
  if (text === undefined) return undefined;
  if (typeof text !== "string") return { path: folder, message: text.message };
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { path, message: "Is not JSON" };
  }
  const read = readWire(PluginFile, raw);
  if (!read.ok) {
    const message = read.issues.map((issue) => `${issue.pointer || "/"}: ${issue.message}`);
    return { path, message: message.join("; ") };
  }
  const fault = await findFolderFault(folder);
  if (fault !== undefined) return { path: folder, message: fault };
  const { entry, command, args } = read.value;
  return {
    file: read.value,
    folder: await Deno.realPath(folder),
    ...(entry === undefined
      ? { command: command ?? "", args: args ?? [] }
      : { command: "deno", args: [entry, ...args ?? []] }),
  };
}

async function readText(path: string): Promise<string | { message: string } | undefined> {
  try {
    if ((await Deno.stat(path)).size > FILE_BYTES_MAX) {
      return { message: `${FILE_NAME} is larger than ${FILE_BYTES_MAX} bytes` };
    }
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    return { message: `${FILE_NAME} can't be read` };
  }
}
