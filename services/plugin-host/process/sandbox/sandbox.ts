/** What this machine gives for isolation level 3, found out once at start. */
import type { SystemUser } from "../data_folder.ts";
import type { NetworkSupport } from "./network.ts";
import type { ReadablePaths } from "./readable_paths.ts";

export interface Sandbox {
  readonly bwrapPath: string;
  readonly prlimitPath: string;
  /** Undefined where it is not installed. */
  readonly dashPath: string | undefined;
  /** Whom plugins run as where the host is root, who in a sandbox would keep root's rights to files. */
  readonly user: SystemUser | undefined;
  readonly paths: ReadablePaths;
  /** Arguments of bwrap that show the system's programs and libraries. */
  readonly systemMounts: readonly string[];
  /** What of a network grant can be given. */
  readonly network: NetworkSupport;
  /** The host's own data, which no sandbox shows, but for what lies in one of the plugins folders `shown`. */
  readonly hidden: string;
  readonly shown: readonly string[];
}

/** Ids inside every sandbox, and outside where the host is root. No system gives them to anybody. */
export const PLUGIN_IDS: SystemUser = { uid: 65_533, gid: 65_533 };
