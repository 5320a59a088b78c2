/**
 * What Deno made of plugins' own modules, kept so that the next process of a plugin needn't do it
 * again. Deno compares each module with what it was compiled from, but by a hash for which anyone
 * finds two texts [tried]: one that was looked through would run as the other. So a cache serves
 * only as long as nothing in the plugin's folder has changed.
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { listTree, treeDigest } from "../folder_tree.ts";
import type { DenoTarget } from "../launch_plan.ts";
import { removeOld } from "../old_entries.ts";
import { modulesOf } from "./sdk.ts";

/**
 * Compiles a plugin without running it, and hands the folder of Deno's cache to `take`, which is
 * called at most once. Rejects if the plugin can't be compiled, or soon after `signal`.
 */
export type Compile = (
  target: DenoTarget,
  take: (cache: string) => Promise<void>,
  signal: AbortSignal,
) => Promise<void>;

/** One that no plugin asked for during this time is removed at the next start. */
const UNUSED_MS_MAX = 7 * 24 * 3600 * 1000;
/** Whether a plugin has changed isn't looked at more often: its files may be many. */
const KNOWN_MS_MAX = 60_000;
/** Of a plugin's folder: beyond these it is compiled by each process, within that one's limits. */
const SOURCE = { entriesMax: 5000, bytesMax: 16 * 1024 * 1024 };
/** Of what comes of it. */
const RESULT = { entriesMax: 10_000, bytesMax: 64 * 1024 * 1024 };
/** Databases of what Deno found out about imports, beside the modules as it compiled them. */
const DATABASE = /^(dep|node)_analysis_cache[^/]*$/;

const FRESH_PREFIX = "new-";

export class PluginCaches {
  readonly #folder: string;
  readonly #compile: Compile;
  readonly #now: () => number;
  /** When a plugin's folder was last looked at. */
  readonly #lookedAt = new Map<string, number>();
  /** How a plugin was when it couldn't be compiled: it would take as much each time. */
  readonly #failed = new Map<string, string>();
  /** One at a time: nobody waits for it. */
  #last: Promise<void> = Promise.resolve();

  /**
   * @param folder must be open to everyone and writable by the host alone
   * @param now milliseconds since 1970
   */
  constructor(folder: string, compile: Compile, now: () => number = Date.now) {
    this.#folder = folder;
    this.#compile = compile;
    this.#now = now;
  }

  /** A folder to start a cache from; undefined where the plugin, as it is now, wasn't compiled. */
  async find(pluginFolder: string): Promise<string | undefined> {
    const place = this.#placeOf(pluginFolder);
    const kept = await Deno.readTextFile(join(place, "stamp")).catch(() => undefined);
    if (kept === undefined) return undefined;
    const stamp = await stampOf(pluginFolder).catch(() => undefined);
    return stamp === kept ? join(place, "cache") : undefined;
  }

  /**
   * Compiles a plugin if it isn't as it was when that was tried before. Never rejects, and ends soon
   * after `signal`.
   */
  prepare(target: DenoTarget, signal: AbortSignal): Promise<void> {
    this.#last = this.#last.then(() => this.#prepare(target, signal)).catch(() => {});
    return this.#last;
  }

  /** Removes what was not used for a week, and what was not finished. */
  async removeUnused(): Promise<void> {
    await removeOld(this.#folder, { now: this.#now(), ageMsMin: UNUSED_MS_MAX });
  }

  async #prepare(target: DenoTarget, signal: AbortSignal): Promise<void> {
    const { folder } = target;
    if (signal.aborted) return;
    const lookedAt = this.#lookedAt.get(folder);
    if (lookedAt !== undefined && this.#now() - lookedAt < KNOWN_MS_MAX) return;
    this.#lookedAt.set(folder, this.#now());
    const stamp = await stampOf(folder);
    if (this.#failed.get(folder) === stamp) return;
    const place = this.#placeOf(folder);
    if (await Deno.readTextFile(join(place, "stamp")).catch(() => "") === stamp) {
      const now = new Date(this.#now());
      return await Deno.utime(place, now, now);
    }
    const take = (cache: string) => this.#keep(cache, folder, stamp);
    await this.#compile(target, take, signal).then(
      () => this.#failed.delete(folder),
      () => signal.aborted || this.#failed.set(folder, stamp),
    );
  }

  /** Made beside its place and moved there as a whole: nobody finds half a cache. */
  async #keep(cache: string, pluginFolder: string, stamp: string): Promise<void> {
    const place = this.#placeOf(pluginFolder);
    const fresh = await Deno.makeTempDir({ dir: this.#folder, prefix: FRESH_PREFIX });
    try {
      await Deno.chmod(fresh, 0o755);
      await copyUseful(cache, join(fresh, "cache"), modulesOf("", pluginFolder));
      await Deno.writeTextFile(join(fresh, "stamp"), stamp);
      await Deno.remove(place, { recursive: true }).catch(() => {});
      await Deno.rename(fresh, place);
    } catch (error) {
      await Deno.remove(fresh, { recursive: true }).catch(() => {});
      throw error;
    }
  }

  #placeOf(pluginFolder: string): string {
    const name = createHash("sha256").update(pluginFolder).digest("hex").slice(0, 32);
    return join(this.#folder, name);
  }
}

async function stampOf(pluginFolder: string): Promise<string> {
  // A link wouldn't be followed: what it leads to may change, and it stays.
  const real = await Deno.realPath(pluginFolder);
  const digest = treeDigest(real, await listTree(real, SOURCE));
  return `${Deno.version.deno} ${digest}`;
}

/** Of files alone: a link could lead to any file that the host reads. */
async function copyUseful(from: string, to: string, modules: string): Promise<void> {
  for (const { path, info } of await listTree(from, RESULT)) {
    if (!info.isFile || !(DATABASE.test(path) || path.startsWith(`${modules}/`))) continue;
    await Deno.mkdir(dirname(join(to, path)), { recursive: true, mode: 0o755 });
    await Deno.copyFile(join(from, path), join(to, path));
    await Deno.chmod(join(to, path), 0o644);
  }
}
