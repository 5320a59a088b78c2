/** Interfaces of native code, each of which has to check Deno's permissions by itself. */
import assert from "node:assert/strict";
import { pluginHome } from "../../harness/data_dir.ts";
import type { Arena } from "../arena.ts";
import { CONFINED, type HostileCase } from "../hostile_case.ts";
import { isThwarted } from "../outcome.ts";
import type { Trial } from "../trial.ts";

/** What the host made there before the plugin came. */
const KEPT = "kept";
/** As whole seconds: what a plugin sets by a call can't be it by chance. */
const KEPT_AT = new Date("2020-02-02T02:02:02Z");

const FILES = ["try_doors", "file_doors", "module_doors", "process_doors", "wasi_links"]
  .map((name) => `doors/${name}.mjs`);

export const doorCases: readonly HostileCase[] = [
  {
    name: "tries every native door",
    holds: CONFINED,
    files: FILES,
    config: (arena) => ({
      key: arena.keyPath,
      socket: arena.targets.socketPath,
      outside: outsideOf(arena),
    }),
    program: {
      attempt: async (it) => {
        const { adminConfig, dataDir } = it.session.initialized;
        const { tryDoors } = await import(new URL("./try_doors.mjs", import.meta.url).href);
        const data = it.params.query === "its data" ? dataDir : adminConfig.outside;
        const open = await tryDoors({ ...adminConfig, data });
        if (open.length === 0) throw new Error("Every door is closed");
        return open.join("; ").slice(0, 900);
      },
    },
    promise: async (trial) => {
      const outside = outsideOf(trial.arena);
      await Deno.mkdir(outside, { recursive: true });
      await Deno.writeTextFile(`${outside}/${KEPT}`, KEPT);
      await Deno.chmod(`${outside}/${KEPT}`, 0o600);
      await Deno.utime(`${outside}/${KEPT}`, KEPT_AT, KEPT_AT);
      const program = await namesIn(programOf(trial));
      // In a sandbox its data is its own to write to, and leads nowhere.
      isThwarted(await trial.call(trial.level === 2 ? "its data" : "another folder"));
      await assertUntouched(outside);
      assert.deepEqual(await namesIn(programOf(trial)), program);
      if (trial.level === 2) assert.deepEqual(await dataOf(trial), []);
    },
  },
];

/** The same for every level: cases of one level run at a time. */
function outsideOf({ platform }: Arena): string {
  return `${platform.dataDir}/outside`;
}

function programOf({ name, arena: { platform } }: Trial): string {
  return `${platform.pluginsDir}/${name}`;
}

async function assertUntouched(outside: string): Promise<void> {
  assert.deepEqual(await namesIn(outside), [KEPT]);
  const { mode, mtime } = await Deno.lstat(`${outside}/${KEPT}`);
  assert.equal((mode ?? 0) & 0o7777, 0o600);
  assert.deepEqual(mtime, KEPT_AT);
  assert.equal(await Deno.readTextFile(`${outside}/${KEPT}`), KEPT);
}

/** What is in its data folder beside the two that the host made. */
async function dataOf({ id, arena: { platform } }: Trial): Promise<string[]> {
  const folder = `${await pluginHome(platform.dataDir)}/plugin-data/${id}/system`;
  const names = (await namesIn(folder)).filter((name) => name !== "home" && name !== "tmp");
  return [...names, ...await namesIn(`${folder}/home`), ...await namesIn(`${folder}/tmp`)];
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}
