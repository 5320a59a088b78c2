/** Which programs may be started as a plugin (security.md "Commands"). */
import { basename, isAbsolute, join } from "node:path";
import { isInside, realPathOf } from "./folders.ts";

/** Names that every installation allows, beside `deno` itself. */
export const ALLOWED_NAMES = ["node", "npx", "python", "python3", "uv", "uvx"] as const;

/** Where containers keep plugins; allowed everywhere. */
export const SYSTEM_PLUGINS_FOLDER = "/opt/codex/plugins";

/** The one PATH: to look names up in, and to give to plugins. */
export const SEARCH_PATH = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
] as const;

export interface CommandPolicy {
  /** What `CODEX_PLUGIN_ALLOWED_COMMANDS` adds: names or absolute paths. */
  readonly allowedExtra: readonly string[];
  /** Folders whose content may be started: built-in, of the admin, of the container. */
  readonly pluginsFolders: readonly string[];
  /** The host's own runtime. */
  readonly denoPath: string;
  readonly searchPath?: readonly string[];
}

export type ResolvedCommand =
  /** A Deno module, started at level 2 or better; `entry` is its real path. */
  | {
    readonly ok: true;
    readonly runtime: "deno";
    readonly entry: string;
    /** Folder in a plugins folder that holds the module: all it may read. */
    readonly folder: string;
    readonly args: readonly string[];
  }
  | {
    readonly ok: true;
    readonly runtime: "other";
    /** What to start, absolute. */
    readonly path: string;
    readonly args: readonly string[];
    /** Folder in a plugins folder that holds the program, or the first argument that is a file in one. */
    readonly folder: string | null;
  }
  | { readonly ok: false; readonly reason: string };

/**
 * Resolves a command and its arguments by real path.
 *
 * @param folder the plugin's own folder, from which relative paths count; null if it has none
 */
export async function resolveCommand(
  policy: CommandPolicy,
  command: string,
  args: readonly string[],
  folder: string | null,
): Promise<ResolvedCommand> {
  if (command === "deno") return await resolveDeno(policy, args, folder);
  const path = await findProgram(policy, command, folder);
  if (path === undefined) return notAllowed(policy, command);
  const real = await realPathOf(path);
  if (real === undefined) return notAllowed(policy, command);
  // By any name it is the same program, which never runs without the host's flags.
  if (real === await realPathOf(policy.denoPath)) return await resolveDeno(policy, args, folder);
  if (await isAllowedProgram(policy, command, real)) {
    const home = await findHome(policy, [real, ...args.filter(isAbsolute)]);
    return { ok: true, runtime: "other", path, args, folder: home };
  }
  return notAllowed(policy, command);
}

/** Where a command's file would be: a bare name in the fixed PATH, else a path. */
async function findProgram(
  policy: CommandPolicy,
  command: string,
  folder: string | null,
): Promise<string | undefined> {
  if (isAbsolute(command)) return command;
  if (command.includes("/")) return folder === null ? undefined : join(folder, command);
  return await findInSearchPath(policy, command);
}

async function findInSearchPath(policy: CommandPolicy, name: string): Promise<string | undefined> {
  for (const directory of policy.searchPath ?? SEARCH_PATH) {
    const path = join(directory, name);
    const info = await Deno.stat(path).catch(() => undefined);
    if (info?.isFile && ((info.mode ?? 0o111) & 0o111) !== 0) return path;
  }
  return undefined;
}

async function isAllowedProgram(
  policy: CommandPolicy,
  command: string,
  real: string,
): Promise<boolean> {
  const names = [...ALLOWED_NAMES, ...policy.allowedExtra];
  if (!command.includes("/")) return names.includes(command);
  if (await isInPluginsFolder(policy, real)) return true;
  for (const name of names) {
    const allowed = isAbsolute(name) ? name : await findInSearchPath(policy, name);
    if (allowed !== undefined && await realPathOf(allowed) === real) return true;
  }
  return false;
}

async function isInPluginsFolder(policy: CommandPolicy, real: string): Promise<boolean> {
  return await pluginFolderOf(policy, real) !== undefined;
}

/** The folder right below a plugins folder that holds `real`. */
async function pluginFolderOf(policy: CommandPolicy, real: string): Promise<string | undefined> {
  for (const root of [...policy.pluginsFolders, SYSTEM_PLUGINS_FOLDER]) {
    const realRoot = await realPathOf(root);
    if (realRoot === undefined || real === realRoot || !isInside(real, realRoot)) continue;
    const name = real.slice(realRoot.length).split("/").find((part) => part !== "");
    const folder = join(realRoot, name ?? "");
    if (folder !== real) return folder;
  }
  return undefined;
}

async function findHome(policy: CommandPolicy, paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    const real = await realPathOf(path);
    const folder = real === undefined ? undefined : await pluginFolderOf(policy, real);
    if (folder !== undefined) return folder;
  }
  return null;
}

async function resolveDeno(
  policy: CommandPolicy,
  args: readonly string[],
  folder: string | null,
): Promise<ResolvedCommand> {
  const [module, ...rest] = args;
  if (module === undefined) {
    return { ok: false, reason: 'Command "deno" needs the plugin\'s module as its first argument' };
  }
  if (module.startsWith("-")) {
    return {
      ok: false,
      reason: `Argument "${module}" stands before the module: the host gives Deno its flags itself`,
    };
  }
  // `run`, `eval` and the like have neither a slash nor an extension.
  if (!/[./]/.test(module)) {
    return {
      ok: false,
      reason:
        `Argument "${module}" is no module: the host gives the subcommand itself, begin with the plugin's module`,
    };
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(module)) {
    return {
      ok: false,
      reason: `Module "${module}" is no file: a plugin lies in a plugins folder`,
    };
  }
  const entry = await findEntry(module, folder);
  if (entry === undefined) {
    return { ok: false, reason: `There is no file "${module}" in the plugin's folder` };
  }
  const home = await pluginFolderOf(policy, entry);
  if (home === undefined) {
    const roots = [...policy.pluginsFolders, SYSTEM_PLUGINS_FOLDER].join(", ");
    return { ok: false, reason: `Module "${module}" is not in a plugin's folder below: ${roots}` };
  }
  if (folder !== null && home !== await realPathOf(folder)) {
    return { ok: false, reason: `Module "${module}" leads outside the plugin's folder` };
  }
  return { ok: true, runtime: "deno", entry, folder: home, args: rest };
}

async function findEntry(module: string, folder: string | null): Promise<string | undefined> {
  if (!isAbsolute(module) && folder === null) return undefined;
  const real = await realPathOf(isAbsolute(module) ? module : join(folder ?? "", module));
  if (real === undefined) return undefined;
  return (await Deno.stat(real)).isFile ? real : undefined;
}

function notAllowed(policy: CommandPolicy, command: string): ResolvedCommand {
  const names = [...ALLOWED_NAMES, "deno", ...policy.allowedExtra].join(", ");
  const folders = [...policy.pluginsFolders, SYSTEM_PLUGINS_FOLDER].join(", ");
  const looked = command.includes("/") || !isKnownName(policy, command)
    ? ""
    : `, and "${basename(command)}" is not installed`;
  return {
    ok: false,
    reason:
      `Command "${command}" is not allowed: allowed are ${names} and programs below ${folders}${looked}`,
  };
}

function isKnownName(policy: CommandPolicy, command: string): boolean {
  return [...ALLOWED_NAMES, ...policy.allowedExtra].includes(command);
}
