/** The read-only parts of the system that a sandbox shows (security.md "Isolation", level 3). */
import { join } from "node:path";
import { PLUGIN_IDS } from "./sandbox.ts";

/** Links into /usr on systems with a merged /usr, folders of their own on others. */
const TOP_FOLDERS = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/** Needed to run anything: where libraries are, where Debian's alternatives lead, what time it is. */
const RUN_FILES = ["/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime"];

/** Needed to reach other machines, with no key among them. */
const NETWORK_FILES = [
  "/etc/ssl/certs",
  "/etc/ssl/cert.pem",
  "/etc/ssl/openssl.cnf",
  "/etc/ca-certificates/extracted",
  "/etc/pki/ca-trust/extracted",
  "/etc/pki/tls/certs",
];

/**
 * Arguments of bwrap for what every sandbox shows.
 *
 * @param folder takes the few files that are made for sandboxes
 * @param hidden the host's own data, which stays out of sight even where it lies in /usr
 */
export async function systemMounts(folder: string, hidden: string): Promise<string[]> {
  return [
    ...readOnly("/usr"),
    ...(hidden.startsWith("/usr/") ? ["--tmpfs", hidden] : []),
    ...(await Promise.all(TOP_FOLDERS.map(topFolder))).flat(),
    ...RUN_FILES.flatMap((path) => ["--ro-bind-try", path, path]),
    ...await userFiles(folder),
  ];
}

/**
 * Arguments of bwrap for what a sandbox with network shows in addition.
 *
 * @param nsswitch where names are looked up
 * @param hosts names that lead to its own loopback
 */
export function networkMounts(nsswitch: string, hosts: string): string[] {
  return [
    ...NETWORK_FILES.flatMap((path) => ["--ro-bind-try", path, path]),
    ...readOnly("/etc/nsswitch.conf", nsswitch),
    ...readOnly("/etc/hosts", hosts),
  ];
}

export function readOnly(path: string, source = path): string[] {
  return ["--ro-bind", source, path];
}

/** Whether every sandbox shows a real path anyway. */
export function isOfSystem(path: string): boolean {
  return ["/usr", ...TOP_FOLDERS].some((folder) => path.startsWith(`${folder}/`));
}

async function topFolder(path: string): Promise<string[]> {
  const info = await Deno.lstat(path).catch(() => undefined);
  if (info?.isSymlink) return ["--symlink", await Deno.readLink(path), path];
  return info?.isDirectory ? readOnly(path) : [];
}

/** Runtimes look up the name of the user they run as. */
async function userFiles(folder: string): Promise<string[]> {
  const { uid, gid } = PLUGIN_IDS;
  const files = {
    passwd: `plugin:x:${uid}:${gid}::/nonexistent:/usr/sbin/nologin\n`,
    group: `plugin:x:${gid}:\n`,
  };
  const mounts = Object.entries(files).map(async ([name, text]) =>
    readOnly(`/etc/${name}`, await writeReadable(folder, name, text))
  );
  return (await Promise.all(mounts)).flat();
}

/**
 * Writes a small file of the sandboxes' own, which every user may read.
 * @returns its path
 */
export async function writeReadable(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await Deno.writeTextFile(path, text);
  await Deno.chmod(path, 0o644);
  return path;
}
