import assert from "node:assert/strict";
import { Manifest, pluginTypeOf } from "@codex/protocol";
import { startTestHost } from "@codex/plugin-sdk/testing";
import { createSyncAnilist } from "./plugin.ts";
import { withPlugin } from "./testing.ts";

Deno.test("the account's name, picture and page come from AniList", () =>
  withPlugin(async ({ host, reader, fake }) => {
    fake.change(reader, 1, {});
    assert.deepEqual(await host.call("sync/getUserInfo"), {
      externalId: String(reader.id),
      username: "reader",
      profileUrl: "https://anilist.example/user/reader",
      avatarUrl: `https://img.anilist.example/user/${reader.id}-large.png`,
    });
    assert.deepEqual(await host.call("sync/status"), {
      externalCount: 1,
      pendingPush: 0,
      pendingPull: 0,
      conflicts: 0,
    });
  }));

Deno.test("the manifest is one that the host takes: OAuth without PKCE, or a pasted token", () => {
  const manifest = Manifest.parse(createSyncAnilist().manifest);
  assert.equal(pluginTypeOf(manifest.capabilities), "user");
  assert.equal(manifest.capabilities.externalIdSource, "api:anilist");
  assert.equal(manifest.oauth?.pkce, false);
  // The host brings either as access_token: nothing has to be entered beside it.
  assert.deepEqual(manifest.requiredCredentials, []);
  const settings = manifest.userConfigSchema?.fields.map(({ key, default: value }) => [key, value]);
  assert.deepEqual(settings, [
    ["progressUnit", "volumes"],
    ["pauseAfterDays", 0],
    ["dropAfterDays", 0],
    ["private", false],
    ["hiddenFromStatusLists", false],
  ]);
});

Deno.test("wrong settings refuse the start and are named", async () => {
  const plugin = createSyncAnilist();
  await assert.rejects(startTestHost(plugin, { adminConfig: { apiUrl: "ftp://x" } }), {
    code: -32005,
    message: /"apiUrl"/,
  });
  const userConfig = { progressUnit: "pages", pauseAfterDays: -1, private: "yes" };
  await assert.rejects(startTestHost(plugin, { userConfig }), {
    code: -32005,
    message: /"progressUnit".*"pauseAfterDays".*"private"/,
  });
});

Deno.test("apiUrl and the token are used, and the start reaches for nothing", async () => {
  const asked: [string, string | null][] = [];
  const fetch: typeof globalThis.fetch = (input, init) => {
    const request = new Request(input, init);
    asked.push([request.url, request.headers.get("authorization")]);
    return Promise.resolve(Response.json({ data: { Viewer: { id: 1, name: "reader" } } }));
  };
  const clock = { now: () => 0, delay: () => Promise.resolve() };
  const plugin = createSyncAnilist({ fetch, clock, now: () => 0 });
  const host = await startTestHost(plugin, {
    adminConfig: { apiUrl: "http://127.0.0.1:1/graphql" },
    credentials: { access_token: "t" },
  });
  assert.deepEqual(asked, []);
  await host.call("sync/getUserInfo");
  assert.deepEqual(asked, [["http://127.0.0.1:1/graphql", "Bearer t"]]);
  await host.stop();
});

Deno.test("codex-plugin.json and the manifest agree", async () => {
  const file = JSON.parse(await Deno.readTextFile(new URL("./codex-plugin.json", import.meta.url)));
  const { manifest } = createSyncAnilist();
  assert.deepEqual(
    [file.name, file.displayName, file.version, file.network],
    [manifest.name, manifest.displayName, manifest.version, manifest.network],
  );
});
