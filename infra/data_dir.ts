/** The folder that holds everything the platform keeps on this machine (CODEX_DATA_DIR). */
import { join } from "node:path";
import { Failure, reasonOf } from "./failure.ts";

/**
 * Makes the data folder and holds it against a second program. The kernel lets go of the lock when
 * the process ends, however it ends. Undefined when another holds it.
 */
export async function tryLockDataDir(dataDir: string): Promise<Disposable | undefined> {
  let file: Deno.FsFile;
  try {
    // Others may pass, not list: the database server can be another user (see infra/postgres).
    await Deno.mkdir(dataDir, { recursive: true, mode: 0o711 });
    file = await Deno.open(join(dataDir, "lock"), { read: true, write: true, create: true });
  } catch (error) {
    throw new Failure(`Can't use the data folder "${dataDir}": ${reasonOf(error)}`);
  }
  if (await file.tryLock(true)) return file;
  file.close();
  return undefined;
}

/** @throws {Failure} when another holds it */
export async function lockDataDir(dataDir: string): Promise<Disposable> {
  const lock = await tryLockDataDir(dataDir);
  if (lock !== undefined) return lock;
  throw new Failure(
    `The data folder "${dataDir}" is in use by another "deno task dev" or "deno task start"`,
  );
}
