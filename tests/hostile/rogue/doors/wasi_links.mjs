/**
 * Symbolic links by `node:wasi`, whose native code looks at the permission for the folder alone.
 */
import { WASI } from "node:wasi";

/** A module with nothing but a memory and an empty `_start`. */
const MODULE = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[5, 3, 1, 0, 1],
  ...[7, 19, 2, 6, ...new TextEncoder().encode("memory"), 2, 0],
  ...[6, ...new TextEncoder().encode("_start"), 0, 0],
  ...[10, 4, 1, 2, 0, 11],
]);

/** The first descriptor after the three that every program has. */
const FIRST_FOLDER = 3;

/**
 * @param {string | undefined} folder to make links in
 * @param {number} [descriptor] of an open folder, as standard input
 * @returns {(target: string, name: string) => void} throws where no link comes of it
 */
export function linkMaker(folder, descriptor) {
  const wasi = new WASI({
    version: "preview1",
    returnOnExit: true,
    ...(folder !== undefined && { preopens: { "/folder": folder } }),
    ...(descriptor !== undefined && { stdin: descriptor }),
  });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(MODULE), wasi.getImportObject());
  wasi.start(instance);
  const memory = new Uint8Array(instance.exports.memory.buffer);
  const place = (text, at) => new TextEncoder().encodeInto(text, memory.subarray(at)).written;
  return (target, name) => {
    const [targetLength, nameLength] = [place(target, 1024), place(name, 16_384)];
    const errors = [FIRST_FOLDER, 0, descriptor ?? 0].map((fd) =>
      wasi.wasiImport.path_symlink(1024, targetLength, fd, 16_384, nameLength)
    );
    if (!errors.includes(0)) throw new Error(`Refused: ${errors.join()}`);
  };
}
