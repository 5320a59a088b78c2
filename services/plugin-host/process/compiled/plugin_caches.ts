/**
 * What Deno made of plugins' own modules, kept so that the next process of a plugin needn't do it
 * again. It is never wrong, only slow: Deno compares each module with what it was compiled from.
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { listTree, treeDigest } from "../folder_tree.ts";
import type { DenoTarget } from "../launch_plan.ts";
import { modulesOf } from "./sdk.ts";

/**
 * Compiles a plugin without running it, and hands the folder of Deno's cache to `take`, which is
 * called at most once. Rejects if the plugin can't be compiled.
 */
export type Compile = (
  target: DenoTarget,
  take: (cache: string) => Promise<void>,
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

  /** A folder to start a cache from; undefined where the plugin was never compiled. */
  async find(pluginFolder: string): Promise<string | undefined> {
    const cache = join(this.#placeOf(pluginFolder), "cache");
    return await Deno.lstat(cache).then(() => cache, () => undefined);
  }

  /** Compiles a plugin if it isn't as it was when that was done before. Never rejects. */
  prepare(target: DenoTarget): Promise<void> {
    this.#last = this.#last.then(() => this.#prepare(target)).catch(() => {});
    return this.#last;
  }

  /** Removes what was not used for a week, and what was not finished. */
  async removeUnused(): Promise<void> {
    for await (const { name } of Deno.readDir(this.#folder)) {
      const path = join(this.#folder, name);
      const usedAt = (await Deno.lstat(path).catch(() => undefined))?.mtime?.getTime();
      if (usedAt === undefined || this.#now() - usedAt < UNUSED_MS_MAX) continue;
      await Deno.remove(path, { recursive: true }).catch(() => {});
    }
  }

  async #prepare(target: DenoTarget): Promise<void> {
    const { folder } = target;
    const lookedAt = this.#lookedAt.get(folder);
    if (lookedAt !== undefined && this.#now() - lookedAt < KNOWN_MS_MAX) return;
    this.#lookedAt.set(folder, this.#now());
    const digest = treeDigest(folder, await listTree(folder, SOURCE));
    const stamp = `${Deno.version.deno} ${digest}`;
    const place = this.#placeOf(folder);
    if (await Deno.readTextFile(join(place, "stamp")).catch(() => "") === stamp) {
      const now = new Date(this.#now());
      return await Deno.utime(place, now, now);
    }
    await this.#compile(target, (cache) => this.#keep(cache, folder, stamp));
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

/** Of files alone: a link could lead to any file that the host reads. */
async function copyUseful(from: string, to: string, modules: string): Promise<void> {
  for (const { path, info } of await listTree(from, RESULT)) {
    if (!info.isFile || !(DATABASE.test(path) || path.startsWith(`${modules}/`))) continue;
    await Deno.mkdir(dirname(join(to, path)), { recursive: true, mode: 0o755 });
    await Deno.copyFile(join(from, path), join(to, path));
    await Deno.chmod(join(to, path), 0o644);
  }
}
