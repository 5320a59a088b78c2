/** What a server left in its data folder, such as plugins' compiled modules, is nobody's to check. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { runProgram } from "@codex/service/program";
import { repository } from "../repository.ts";

const PROGRAM_MS_MAX = 60_000;
/** Is neither formatted nor free of faults of the linter, and its types are wrong. */
const SLOPPY = `export const count : number = "one"; debugger`;

async function succeeds(folder: string, ...args: readonly string[]): Promise<boolean> {
  const { success } = await runProgram({
    command: Deno.execPath(),
    args: [...args, folder],
    cwd: folder,
    env: { DENO_V8_FLAGS: "--single-threaded", HOME: folder },
    timeoutMs: PROGRAM_MS_MAX,
  });
  return success;
}

Deno.test("format, lint and types of what lies in the data folder are not looked at", async () => {
  const folder = await Deno.makeTempDir({ prefix: "codex-checked-" });
  const outcomes = () =>
    Promise.all([
      succeeds(folder, "fmt", "--check"),
      succeeds(folder, "lint"),
      succeeds(folder, "check"),
    ]);
  try {
    const { exclude } = JSON.parse(await Deno.readTextFile(`${repository}deno.json`));
    await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify({ exclude }));
    await Deno.writeTextFile(join(folder, "good.ts"), "export const count: number = 1;");
    assert.ok(await succeeds(folder, "fmt"));
    await Deno.mkdir(join(folder, ".codex"));
    await Deno.writeTextFile(join(folder, ".codex", "left.ts"), SLOPPY);
    assert.deepEqual(await outcomes(), [true, true, true]);
    await Deno.writeTextFile(join(folder, "left.ts"), SLOPPY);
    assert.deepEqual(await outcomes(), [false, false, false]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
