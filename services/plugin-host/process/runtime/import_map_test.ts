import assert from "node:assert/strict";
import importMap from "./import_map.json" with { type: "json" };
import sdk from "../../../../plugins/sdk/deno.json" with { type: "json" };

Deno.test("a plugin reaches every export of the SDK but what is for tests", () => {
  const { "./testing": _forTests, ...exported } = sdk.exports;
  const expected = Object.entries(exported).map(([name, path]) => [
    `@codex/plugin-sdk${name.slice(1)}`,
    `../../../../plugins/sdk/${path.slice(2)}`,
  ]);
  assert.deepEqual(importMap.imports, Object.fromEntries(expected));
});

Deno.test("the bootstrap has loaded whatever of the SDK a plugin can import", async () => {
  const text = await Deno.readTextFile(new URL("./bootstrap.mjs", import.meta.url));
  const loaded = [...text.matchAll(/^import "(.+)";$/gm)].map(([, name]) => name);
  assert.deepEqual(loaded, Object.keys(importMap.imports));
});
