/**
 * Every way we know of to more than a Deno plugin was given, beside the plain file calls:
 * interfaces that are native code, and so have to check the permissions themselves. A door is open
 * when its function returns.
 */
import { files, links, sqlite } from "./file_doors.mjs";
import { hooks, modules } from "./module_doors.mjs";
import { natives, processes, sockets, workers } from "./process_doors.mjs";

const DOOR_MS_MAX = 3000;

/**
 * @typedef {object} Targets
 * @property {string} key a file with a secret
 * @property {string} outside a folder of the host with a file "kept" in it
 * @property {string} socket that a server of the host listens on
 * @property {string} data the plugin's own `dataDir`
 */

/**
 * @param {Targets} targets
 * @returns {Promise<string[]>} of the doors that are open: its name and what came through
 */
export async function tryDoors(targets) {
  // Some doors fail again, beside the call.
  addEventListener("unhandledrejection", (event) => event.preventDefault());
  addEventListener("error", (event) => event.preventDefault());
  const all = { ...targets, own: new URL(".", import.meta.url).pathname.slice(0, -1) };
  const groups = [sqlite, links, files, modules, workers, processes, sockets, natives];
  const open = await Promise.all(groups.map((group) => tryGroup(group, all)));
  // Alone, as hooks would turn every other import away.
  return [...open, await tryGroup(hooks, all)].flat();
}

async function tryGroup(group, targets) {
  const doors = Object.entries(group(targets)).map(async ([name, door]) => {
    const outcome = await tryDoor(door);
    return outcome === undefined ? [] : [`${group.name} ${name}: ${outcome}`];
  });
  return (await Promise.all(doors)).flat();
}

/** What came through, or undefined. */
async function tryDoor(door) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("It takes too long")), DOOR_MS_MAX);
  });
  try {
    return String(await Promise.race([door(), late])).slice(0, 300);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
