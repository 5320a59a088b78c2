/** What this machine gives for isolation level 3, found out once at start. */
import type { SystemUser } from "../data_folder.ts";
import type { MemoryFiles } from "./memory_files.ts";
import type { PluginCaches } from "../compiled/plugin_caches.ts";
import type { PluginUsers } from "../users/plugin_users.ts";
import type { NetworkSupport } from "./network_support.ts";
import type { ReadablePaths } from "./readable_paths.ts";

export interface Sandbox {
  readonly bwrapPath: string;
  readonly dashPath: string;
  /** The filter of system calls that every sandbox gets. */
  readonly filterPath: string;
  /** Whom plugins run as where the host is root, who in a sandbox would keep root's rights to files. */
  readonly users: PluginUsers | undefined;
  /** How folders in memory are limited in their number of files; undefined where only their size can be. */
  readonly memoryFiles: MemoryFiles | undefined;
  readonly paths: ReadablePaths;
  /** Plugins that were compiled before; undefined where each process does that for itself. */
  readonly caches: PluginCaches | undefined;
  /** Arguments of bwrap that show the system's programs and libraries. */
  readonly systemMounts: readonly string[];
  /** What of a network grant can be given. */
  readonly network: NetworkSupport;
  /** The host's own data, which no sandbox shows, but for what lies in one of the plugins folders `shown`. */
  readonly hidden: string;
  readonly shown: readonly string[];
}

/**
 * Ids inside every sandbox. No system gives them to anybody, so that they serve outside, too, where the host is root and there
 * are no others to be had.
 */
export const PLUGIN_IDS: SystemUser = { uid: 65_533, gid: 65_533 };
