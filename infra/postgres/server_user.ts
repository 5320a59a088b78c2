/** Which system user the server runs as: PostgreSQL refuses root. */
import { dirname } from "node:path";
import { Failure } from "../failure.ts";

/** Numeric user and group, as `Deno.Command` and `Deno.chown` take them. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The user for the server, or undefined where the one who started us will do.
 *
 * An existing cluster keeps its owner. Otherwise it must be a name that the system knows, since
 * `initdb` looks its user up: "postgres" where that exists, else "nobody".
 */
export async function chooseServerUser(existing?: Deno.FileInfo): Promise<ServerUser | undefined> {
  if (Deno.uid() !== 0) return undefined;
  if (existing?.uid && existing.gid !== null) return { uid: existing.uid, gid: existing.gid };
  const users = await Deno.readTextFile("/etc/passwd");
  for (const name of ["postgres", "nobody"]) {
    const line = users.split("\n").find((entry) => entry.startsWith(`${name}:`));
    const [, , uid, gid] = line?.split(":") ?? [];
    if (Number(uid) > 0 && Number(gid) >= 0) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Failure(
    'PostgreSQL refuses to run as root and this system has no user "postgres" or "nobody"; ' +
      "start as another user, or name a server in DATABASE_URL_FILE",
  );
}

/** Whether `user` can pass every folder from the root down to `folder`, which must exist. */
export async function canReach(user: ServerUser, folder: string): Promise<boolean> {
  for (let path = await Deno.realPath(folder);; path = dirname(path)) {
    const info = await Deno.stat(path);
    const mode = info.mode ?? 0;
    const passes = info.uid === user.uid
      ? mode & 0o100
      : info.gid === user.gid
      ? mode & 0o010
      : mode & 0o001;
    if (!passes) return false;
    if (dirname(path) === path) return true;
  }
}
