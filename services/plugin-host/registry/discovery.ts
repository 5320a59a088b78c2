/** Reads the plugins folders (protocol.md: "Installed plugins"). One bad folder never hides the others. */
import { join } from "node:path";
import {
  type IgnoredValue,
  jsonFault,
  parseExact,
  PluginFile,
  readWire,
  tellIssue,
  unknownFields,
} from "@codex/protocol";
import { oddWishes } from "../domain/odd_wishes.ts";
import { findUnstorable } from "../domain/storable.ts";
import { findFolderFault, isInside, realPathOf } from "../process/folders.ts";

export interface FoundPlugin {
  readonly file: PluginFile;
  /** What of its file was passed over. */
  readonly ignored: readonly IgnoredValue[];
  /** Its real path. */
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
  /** Real paths of the folders that are there and can't be used now. */
  readonly unreadable: readonly string[];
}

/** What a folder holds: a plugin, what is wrong with it, or undefined where it holds none. */
type FolderContent =
  | { readonly plugin: FoundPlugin }
  | { readonly fault: DiscoveryFault }
  | undefined;

export const FILE_NAME = "codex-plugin.json";
const FILE_BYTES_MAX = 256 * 1024;

/**
 * Reads every folder right below `roots`.
 *
 * @param roots the first wins where two hold a plugin of the same name: built-in plugins come first
 * @param registered the folder of each plugin that is known by now: within a root it keeps its name
 */
export async function discoverPlugins(
  roots: readonly string[],
  registered: ReadonlyMap<string, string>,
): Promise<Discovery> {
  const found = new Map<string, FoundPlugin>();
  const errors: DiscoveryFault[] = [];
  const unreadable: string[] = [];
  for (const root of roots) {
    const read = await readRoot(root);
    errors.push(...read.errors);
    unreadable.push(...read.unreadable);
    for (const [name, candidates] of Map.groupBy(read.plugins, ({ file }) => file.name as string)) {
      const builtIn = found.get(name);
      const claim = builtIn === undefined
        ? claimWithin(candidates, registered.get(name), unreadable)
        : { message: `Name "${name}" is that of a built-in plugin: give this one another` };
      if (claim.winner !== undefined) found.set(name, claim.winner);
      const losers = candidates.filter((candidate) => candidate !== claim.winner);
      errors.push(...losers.map(({ folder }) => ({ path: folder, message: claim.message })));
    }
  }
  return { found: [...found.values()], errors, unreadable };
}

/** Which of the plugins of one name and one root has it, and what the others are told. */
function claimWithin(
  candidates: readonly FoundPlugin[],
  registered: string | undefined,
  unreadable: readonly string[],
): { readonly winner?: FoundPlugin; readonly message: string } {
  const [first] = candidates;
  const known = candidates.find(({ folder }) => folder === registered);
  const isThere = registered !== undefined &&
    unreadable.some((place) => isInside(registered, place));
  const name = first?.file.name;
  if (known === undefined && isThere) {
    return {
      message:
        `Name "${name}" is that of the plugin in "${registered}", which can't be read now: mend or remove that folder, or give this one another name`,
    };
  }
  const winner = known ?? first;
  const message =
    `Name "${name}" is used twice: the plugin in "${winner?.folder}" has it; remove one of the two folders, or give this one another name`;
  return winner === undefined ? { message } : { winner, message };
}

async function readRoot(root: string) {
  const plugins: FoundPlugin[] = [];
  const errors: DiscoveryFault[] = [];
  const unreadable: string[] = [];
  const folders = await listFolders(root);
  if (folders === undefined) {
    errors.push({ path: root, message: "The folder can't be read" });
    unreadable.push(await realPathOf(root) ?? root);
  }
  for (const folder of folders ?? []) {
    const content = await readFolder(folder);
    if (content === undefined) continue;
    if ("plugin" in content) {
      plugins.push(content.plugin);
    } else {
      errors.push(content.fault);
      unreadable.push(await realPathOf(folder) ?? folder);
    }
  }
  return { plugins, errors, unreadable };
}

/** Undefined where the folder can't be read; one that isn't there is empty. */
async function listFolders(root: string): Promise<string[] | undefined> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(root));
    return entries.filter((entry) => entry.isDirectory || entry.isSymlink)
      .map((entry) => join(root, entry.name)).sort();
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? [] : undefined;
  }
}

async function readFolder(folder: string): Promise<FolderContent> {
  const path = join(folder, FILE_NAME);
  const text = await readText(path);
  if (text === undefined) return undefined;
  if (typeof text !== "string") return { fault: { path: folder, message: text.message } };
  const parsed = parseFile(text);
  if ("message" in parsed) return { fault: { path, message: parsed.message } };
  const { file, ignored } = parsed;
  const fault = await findFolderFault(folder);
  if (fault !== undefined) return { fault: { path: folder, message: fault } };
  const { entry, command, args } = file;
  const plugin = {
    file,
    ignored,
    folder: await Deno.realPath(folder),
    ...(entry === undefined
      ? { command: command ?? "", args: args ?? [] }
      : { command: "deno", args: [entry, ...args ?? []] }),
  };
  return { plugin };
}

function parseFile(
  text: string,
): Pick<FoundPlugin, "file" | "ignored"> | { readonly message: string } {
  let raw: unknown;
  try {
    raw = parseExact(text).value;
  } catch {
    return { message: jsonFault(text) ?? "Is not JSON" };
  }
  const read = readWire(PluginFile, raw, "enumerations");
  if (!read.ok) {
    return { message: read.issues.map(tellIssue).join("; ") };
  }
  const unstorable = findUnstorable(read.value);
  if (unstorable !== undefined) return { message: unstorable };
  const ignored = [...read.ignored, ...unknownFields(PluginFile, raw), ...oddWishes(read.value)];
  return { file: read.value, ignored };
}

/** What was passed over in the file of a plugin's folder, as it is now. */
export async function ignoredInFolder(folder: string): Promise<readonly IgnoredValue[]> {
  const content = await readFolder(folder);
  return content !== undefined && "plugin" in content ? content.plugin.ignored : [];
}

async function readText(path: string): Promise<string | { message: string } | undefined> {
  try {
    const { isFile, size } = await Deno.stat(path);
    // A pipe or a device would be read without end.
    if (!isFile) return { message: `${FILE_NAME} is no file` };
    if (size > FILE_BYTES_MAX) {
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
