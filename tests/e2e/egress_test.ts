/**
 * Everything that is written to every plugin under `plugins/`, captured at its standard input in a run of
 * the whole platform: no path, file content, key or other user's value is in it.
 */
import assert from "node:assert/strict";
import { PluginFile } from "@codex/protocol";
import { type Capture, copyCapturedTree, readCaptures } from "../harness/captured_tree.ts";
import { type Platform, PROJECT_ROOT, startPlatform } from "../harness/platform.ts";
import { EXERCISES } from "./egress_exercises.ts";
import { buildScene } from "./egress_scene.ts";

Deno.test("what is written to plugins holds no path, file, key or other user's value", async (t) => {
  await using tree = await copyCapturedTree();
  await using platform = await startPlatform({ root: tree.root });
  const scene = await buildScene(platform);
  const names = await pluginNames();

  for (const name of names) {
    await t.step(`${name} gets all that it ever gets`, async () => {
      const exercise = EXERCISES[name];
      assert.ok(exercise, `Plugin "${name}" needs a line in egress_exercises.ts`);
      await exercise({ platform, scene });
    });
  }
  const captures = await readCaptures(platform);

  await t.step("every plugin was captured, from its start to its work", () => {
    for (const name of names) {
      const methods = captures.filter(({ plugin }) => plugin === name)
        .flatMap(({ messages }) => messages.map(({ method }) => method));
      assert.ok(methods.includes("initialize"), `${name} was not captured`);
      const isWork = (method?: string) => method !== undefined && method.includes("/");
      assert.ok(methods.some(isWork), `${name} got no work: ${methods.join()}`);
    }
  });

  await t.step("what a plugin does get is in the captures", () => {
    const all = captures.map(({ text }) => text).join("");
    for (const value of [...scene.readers.map(({ token }) => token), "The Hobbit", "Series 1"]) {
      assert.ok(all.includes(value), `"${value}" was not captured`);
    }
    const [ann] = scene.readers;
    const annsSync = captures.filter(({ plugin, userId }) =>
      plugin === "sync-echo" && userId === ann.userId
    );
    assert.ok(annsSync.some(({ text }) => text.includes("What ann thinks")), "No note was sent");
  });

  await t.step("no path, file content, account or key is in them", async () => {
    const hidden = [
      ...scene.hiddenValues,
      ...scene.readers.flatMap(({ hiddenValues }) => hiddenValues),
      ...await keysOf(platform),
    ];
    for (const capture of captures) {
      refuseAny(capture, hidden);
      assert.doesNotMatch(capture.text, /eyJ[\w-]{10,}\.[\w-]{10,}\./, "A signed token was sent");
    }
  });

  await t.step("no path of this server is in them but the plugin's own folder", () => {
    for (const capture of captures) {
      const { dataDir } = Object(capture.messages[0]?.params);
      assert.equal(typeof dataDir, "string");
      refuseAny({ ...capture, text: capture.text.replaceAll(JSON.stringify(dataDir), '""') }, [
        platform.dataDir,
        tree.root,
        PROJECT_ROOT,
      ]);
    }
  });

  await t.step("no user's value is in another one's process, or in one that all share", () => {
    for (const capture of captures) {
      for (const reader of scene.readers) {
        if (capture.userId !== reader.userId) refuseAny(capture, reader.ownValues);
      }
    }
  });

  await t.step("a token goes only to the plugin it was given for", () => {
    for (const { plugin, text, userId } of captures) {
      const tokens = scene.readers.filter((reader) => text.includes(reader.token));
      if (tokens.length > 0) {
        assert.match(plugin, /anilist|sync-echo/);
        assert.deepEqual(tokens.map((reader) => reader.userId), [userId]);
      }
    }
  });
});

/** The plugins of this project: every folder with a `codex-plugin.json`. */
async function pluginNames(): Promise<string[]> {
  const folder = `${PROJECT_ROOT}/plugins`;
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(`${folder}/${name}/codex-plugin.json`)
      .catch(() => undefined);
    if (text !== undefined) names.push(PluginFile.parse(JSON.parse(text)).name);
  }
  return names.sort();
}

/** Every secret that the platform made: keys, passwords, whole URLs. */
async function keysOf(platform: Platform): Promise<string[]> {
  const folder = `${platform.dataDir}/secrets`;
  const keys: string[] = [];
  for await (const { name: service, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) continue;
    for await (const { name } of Deno.readDir(`${folder}/${service}`)) {
      const text = (await Deno.readTextFile(`${folder}/${service}/${name}`)).trim();
      keys.push(text);
      if (name.endsWith(".json")) keys.push(String(JSON.parse(text).d));
      if (URL.canParse(text)) keys.push(new URL(text).password);
    }
  }
  assert.ok(keys.length > 10, "The platform's keys were not found");
  return keys.filter((key) => key !== "");
}

/** Fails if one of `values` is in a capture, as it is or in a usual encoding. */
function refuseAny({ plugin, userId, text }: Capture, values: readonly string[]): void {
  for (const value of values) {
    for (const form of formsOf(value)) {
      const at = text.indexOf(form);
      const where = text.slice(Math.max(0, at - 200), at + 200);
      assert.ok(at < 0, `"${value}" was sent to ${plugin} (${userId ?? "shared"}): …${where}…`);
    }
  }
}

function formsOf(value: string): string[] {
  const bytes = new TextEncoder().encode(value);
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    bytes.toBase64({ omitPadding: true }),
    bytes.toBase64({ omitPadding: true, alphabet: "base64url" }),
  ];
}
