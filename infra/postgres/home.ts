/**
 * The folder that holds the server's programs and data: `<dataDir>/postgres`, or, where that lies
 * behind a folder which the server's user can't pass (a 0700 home), one of its own below /var/tmp.
 * A note in `<dataDir>/postgres` then says where.
 */
import { join } from "node:path";
import { z } from "zod";
import { Failure, reasonOf } from "../failure.ts";
import { canReach, chooseServerUser, type ServerUser } from "./server_user.ts";

const OUTSIDE = "/var/tmp";

const note = z.object({ folder: z.string().startsWith("/") });

/** Where one embedded server lives and as whom it runs. */
export interface Home {
  readonly folder: string;
  /** PostgreSQL's own data directory, inside `folder`. */
  readonly cluster: string;
  /** `<dataDir>/postgres`: our own notes, where the server's user can't write. */
  readonly notes: string;
  /** Undefined: as the user who started us. */
  readonly user: ServerUser | undefined;
}

/** Finds the server's folder for `dataDir`, which must exist, or makes it. */
export async function openHome(dataDir: string): Promise<Home> {
  const inside = join(await Deno.realPath(dataDir), "postgres");
  await Deno.mkdir(inside, { recursive: true, mode: 0o755 });
  const noted = await readNote(noteFile(inside));
  const folder = noted ?? inside;
  const cluster = join(folder, "cluster");
  const existing = await Deno.stat(noted ?? cluster).catch(() => undefined);
  const user = await chooseServerUser(existing);
  const home: Home = { folder, cluster, notes: inside, user };
  if (user === undefined) return home;
  if (noted !== undefined) {
    await checkOutside(noted, user, inside);
    return home;
  }
  if (await canReach(user, inside)) return home;

  const outside = await Deno.makeTempDir({ dir: OUTSIDE, prefix: "codex-postgres-" });
  await Deno.chown(outside, user.uid, user.gid);
  await Deno.writeTextFile(noteFile(inside), JSON.stringify({ folder: outside }), { mode: 0o600 });
  return { ...home, folder: outside, cluster: join(outside, "cluster") };
}

/** Removes a data folder with its server's and its plugins', wherever they lie: for tests, once all is stopped. */
export async function removeDataDir(dataDir: string): Promise<void> {
  const notes = [noteFile(join(dataDir, "postgres")), join(dataDir, "plugin-home.json")];
  for (const outside of await Promise.all(notes.map(readNote))) {
    if (outside !== undefined) await removeIfThere(outside);
  }
  await Deno.remove(dataDir, { recursive: true });
}

async function removeIfThere(folder: string): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

function noteFile(inside: string): string {
  return join(inside, "location.json");
}

async function readNote(file: string): Promise<string | undefined> {
  try {
    return note.parse(JSON.parse(await Deno.readTextFile(file))).folder;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Failure(`Can't read "${file}": ${reasonOf(error)}`);
  }
}

/**
 * A folder in a place where everyone may write counts only if it is still ours. When it is gone, so
 * is the data: starting an empty database in silence would hide that.
 */
async function checkOutside(folder: string, user: ServerUser, inside: string): Promise<void> {
  const info = await Deno.lstat(folder).catch(() => undefined);
  if (info === undefined) {
    throw new Failure(
      `The database folder "${folder}" is gone; restore it, or delete "${noteFile(inside)}" to ` +
        "start with an empty database",
    );
  }
  if (!info.isDirectory || info.uid !== user.uid || ((info.mode ?? 0) & 0o077) !== 0) {
    throw new Failure(`The database folder "${folder}" is not a private folder of its user`);
  }
}
