/**
 * `<dataDir>/secrets`: what the platform makes at its first start and keeps. The folder and its
 * parts are 0700, the files 0600, each in the folder of the one service that may read it.
 */
import { dirname, join } from "node:path";
import { Failure, reasonOf } from "../failure.ts";

export interface SecretStore {
  readonly folder: string;
  /** The full path of a secret: "auth/encryption-key" → "/…/secrets/auth/encryption-key". */
  path(name: string): string;
  /** The secret, without a trailing line break; undefined where there is none. */
  read(name: string): Promise<string | undefined>;
  /** Writes it whole or not at all. */
  write(name: string, value: string): Promise<void>;
  /** The secret that is there, else the one that `make` gives, kept from then on. */
  ensure(name: string, make: () => string | Promise<string>): Promise<string>;
}

/** Opens the store of a data folder that exists; its caller holds the folder's lock. */
export async function openSecretStore(dataDir: string): Promise<SecretStore> {
  const folder = join(await Deno.realPath(dataDir), "secrets");
  await makePrivateFolder(folder);

  const path = (name: string) => join(folder, name);
  const read = async (name: string) => {
    try {
      return (await Deno.readTextFile(path(name))).replace(/\r?\n$/, "");
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw new Failure(`Can't read "${path(name)}": ${reasonOf(error)}`);
    }
  };
  const write = async (name: string, value: string) => {
    await makePrivateFolder(dirname(path(name)));
    // A crash between the two steps leaves the old secret, never half of the new one.
    const partial = `${path(name)}.partial`;
    await Deno.remove(partial).catch(() => {});
    await Deno.writeTextFile(partial, value, { mode: 0o600, createNew: true });
    await Deno.rename(partial, path(name));
  };
  const ensure = async (name: string, make: () => string | Promise<string>) => {
    const known = await read(name);
    if (known !== undefined && known !== "") return known;
    const value = await make();
    await write(name, value);
    return value;
  };
  return { folder, path, read, write, ensure };
}

/** Also narrows a folder that exists: a copy or an unpacked backup may have come out wider. */
async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    if (Deno.build.os !== "windows") await Deno.chmod(folder, 0o700);
  } catch (error) {
    throw new Failure(`Can't keep secrets in "${folder}": ${reasonOf(error)}`);
  }
}

/** 32 random bytes for a person or program to carry, base64url. */
export function randomSecret(): string {
  return crypto.getRandomValues(new Uint8Array(32))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}
