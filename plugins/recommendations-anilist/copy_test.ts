import assert from "node:assert/strict";

const own = new URL("./anilist/", import.meta.url);
const original = new URL("../sync-anilist/anilist/", import.meta.url);

async function filesOf(folder: URL): Promise<Record<string, string>> {
  const files: [string, string][] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith("_test.ts")) continue;
    files.push([name, await Deno.readTextFile(new URL(name, folder))]);
  }
  return Object.fromEntries(files.sort());
}

Deno.test("anilist/ is a copy of the folder in sync-anilist: a plugin reads its own folder only", async () => {
  assert.deepEqual(await filesOf(own), await filesOf(original));
});
