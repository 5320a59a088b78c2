/**
 * The kernel users that sandboxes run as where the host is root. The kernel lets processes of one
 * user share things that no namespace parts, keyrings among them, and counts some limits by user:
 * so each plugin and connection has its own.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { SystemUser } from "../data_folder.ts";
import type { UidRange } from "./uid_range.ts";

export interface PluginUsers {
  /** Whether no two data folders have the same user. */
  readonly areDistinct: boolean;
  /**
   * Who owns a data folder and runs the processes that it belongs to.
   * @param dataFolder its absolute path; it need not exist yet
   * @throws {Error} with what to do if there is no user left
   */
  userOf(dataFolder: string): Promise<SystemUser>;
}

/** The same user for all, where a range can't be used: in a container that has few users. */
export function sharedUser(user: SystemUser): PluginUsers {
  return { areDistinct: false, userOf: () => Promise.resolve(user) };
}

/** A claim without its folder is kept so long: the folder is made after its user is known. */
const UNUSED_CLAIM_MS_MAX = 3_600_000;
/** Looking a claim up takes some milliseconds of each start. Far below the time that it is kept. */
const KNOWN_MS_MAX = 600_000;
const KNOWN_MAX = 1000;
const LOCK_NAME = "lock";

/**
 * Users of a range, by claims: a file named by the uid holds the path of the data folder. All hosts
 * of a machine share the folder of claims, so that none gives a user to two plugins, whichever
 * installation or replica they belong to.
 */
export class UsersOfRange implements PluginUsers {
  readonly areDistinct = true;
  readonly #folder: string;
  readonly #range: UidRange;
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly uid: number; readonly until: number }>();

  /**
   * @param folder absolute; made where it is missing
   * @param now milliseconds since 1970
   */
  constructor(folder: string, range: UidRange, now: () => number = Date.now) {
    this.#folder = folder;
    this.#range = range;
    this.#now = now;
  }

  async userOf(dataFolder: string): Promise<SystemUser> {
    const known = this.#known.get(dataFolder);
    if (known !== undefined && this.#now() < known.until) return { uid: known.uid, gid: known.uid };
    const uid = await this.#uidOf(dataFolder);
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(dataFolder, { uid, until: this.#now() + KNOWN_MS_MAX });
    return { uid, gid: uid };
  }

  async #uidOf(dataFolder: string): Promise<number> {
    await this.#openFolder();
    const preferred = await this.#preferredUid(dataFolder);
    const claimed = await this.#read(preferred);
    const uid = claimed?.dataFolder === dataFolder
      ? preferred
      : await this.#withLock(() => this.#claim(preferred, dataFolder));
    // Whoever cleans up old files of /var/tmp sees that it is in use.
    await Deno.utime(this.#pathOf(uid), new Date(this.#now()), new Date(this.#now()));
    return uid;
  }

  /** Removes claims whose data folders are gone. */
  async removeUnused(): Promise<void> {
    await this.#openFolder();
    await this.#withLock(async () => {
      for await (const { name } of Deno.readDir(this.#folder)) {
        const uid = Number(name);
        if (Number.isInteger(uid) && await this.#isFree(uid)) await Deno.remove(this.#pathOf(uid));
      }
    });
  }

  /** Whoever owns the folder already, or else a number that is always the same for this path. */
  async #preferredUid(dataFolder: string): Promise<number> {
    const { first, last } = this.#range;
    const owner = (await Deno.lstat(dataFolder).catch(() => undefined))?.uid;
    if (owner !== null && owner !== undefined && owner >= first && owner <= last) return owner;
    const digest = createHash("sha256").update(dataFolder).digest();
    return first + digest.readUInt32BE() % this.#size;
  }

  /** The preferred uid, or the next one that is free. */
  async #claim(preferred: number, dataFolder: string): Promise<number> {
    const { first } = this.#range;
    for (let step = 0; step < this.#size; step++) {
      const uid = first + (preferred - first + step) % this.#size;
      const claim = await this.#read(uid);
      if (claim?.dataFolder === dataFolder) return uid;
      if (!await this.#isFree(uid)) continue;
      await Deno.writeTextFile(this.#pathOf(uid), dataFolder, { mode: 0o600 });
      return uid;
    }
    throw new Error(
      `All ${this.#size} users of plugins are taken: give CODEX_PLUGIN_UIDS a larger range`,
    );
  }

  async #isFree(uid: number): Promise<boolean> {
    const claim = await this.#read(uid);
    if (claim === undefined) return true;
    if (this.#now() - claim.usedAt < UNUSED_CLAIM_MS_MAX) return false;
    return await Deno.lstat(claim.dataFolder).then(
      () => false,
      (error) => error instanceof Deno.errors.NotFound,
    );
  }

  async #read(uid: number) {
    const path = this.#pathOf(uid);
    try {
      const [dataFolder, info] = await Promise.all([Deno.readTextFile(path), Deno.lstat(path)]);
      return { dataFolder, usedAt: info.mtime?.getTime() ?? 0 };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** One host at a time looks for a free user, and one start at a time within it. */
  async #withLock<T>(body: () => Promise<T>): Promise<T> {
    using file = await Deno.open(join(this.#folder, LOCK_NAME), {
      create: true,
      write: true,
      mode: 0o600,
    });
    await file.lock(true);
    return await body();
  }

  /** Everyone may write in /var/tmp: a folder that isn't the host's own could name any user. */
  async #openFolder(): Promise<void> {
    const find = () => Deno.lstat(this.#folder).catch(() => undefined);
    if (await find() === undefined) {
      await Deno.mkdir(this.#folder, { recursive: true, mode: 0o700 });
    }
    const info = await find();
    const isOurs = info?.isDirectory && info.uid === Deno.uid() &&
      ((info.mode ?? 0o777) & 0o077) === 0;
    if (!isOurs) {
      throw new Error(`Folder "${this.#folder}" is not the plugin host's own: remove it`);
    }
  }

  get #size(): number {
    return this.#range.last - this.#range.first + 1;
  }

  #pathOf(uid: number): string {
    return join(this.#folder, String(uid));
  }
}
