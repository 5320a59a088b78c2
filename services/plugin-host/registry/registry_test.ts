import assert from "node:assert/strict";
import { join } from "node:path";
import { ExecuteAnswer, PluginTestAnswer, Problem, ReloadAnswer } from "@codex/protocol";
import { type TestService, withService } from "../testing/test_service.ts";

const reload = async ({ request }: TestService) =>
  (await request("POST", "/admin/plugins/reload")).as(ReloadAnswer);

Deno.test("a found folder becomes a discovered plugin that is not started", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    const answer = await reload(service);
    assert.deepEqual(answer, { added: ["scripted"], changed: [], removed: [], errors: [] });
    const plugin = await service.plugin("scripted");
    assert.deepEqual([plugin.state, plugin.enabled, plugin.manifest], ["discovered", false, null]);
    assert.equal(plugin.isolation.level, 2);
    assert.deepEqual(service.deps.runtime.logsOf(plugin.id).lines, []);
    assert.deepEqual(await reload(service), { added: [], changed: [], removed: [], errors: [] });
  });
});

Deno.test("each bad folder is an error of its own and the others load", async () => {
  await withService(async (service) => {
    const { plugins } = service;
    await service.install("good");
    const write = async (folder: string, text: string) => {
      await Deno.mkdir(join(plugins, folder));
      await Deno.writeTextFile(join(plugins, folder, "codex-plugin.json"), text);
    };
    await write("bad-json", '{\n  "name": "bad",\n  "entry": main.ts\n}');
    await write("marked", '\u{feff}{"name":"marked","entry":"main.ts"}');
    await write("bad-name", '{"name":"Bad Name","entry":"main.ts"}');
    await write("twice-a", '{"name":"twice","entry":"main.ts"}');
    await write("twice-b", '{"name":"twice","entry":"main.ts"}');
    await service.install("linked");
    await Deno.symlink("/etc", join(plugins, "linked", "etc"));
    await Deno.mkdir(join(plugins, "no-plugin"));
    const { added, errors } = await reload(service);
    assert.deepEqual(added.sort(), ["good", "marked", "twice"]);
    const named = errors.map(({ path }) => path.slice(plugins.length + 1).split("/")[0]).sort();
    assert.deepEqual(named, ["bad-json", "bad-name", "linked", "twice-b"]);
    assert.match(errors.find(({ path }) => path.endsWith("linked"))?.message ?? "", /outside/);
    assert.match(errors.find(({ path }) => path.endsWith("twice-b"))?.message ?? "", /twice/);
    assert.equal(
      errors.find(({ path }) => path.includes("bad-json"))?.message,
      'Is not JSON: line 3, column 12: Unexpected "m"',
    );
  });
});

Deno.test("what is passed over in a plugin's file and manifest is named by reload and test", async () => {
  await withService(async (service) => {
    await service.install("odd");
    const folder = join(service.plugins, "odd");
    const path = join(folder, "codex-plugin.json");
    const file = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(
      path,
      JSON.stringify({ ...file, netwrok: ["a.example"], permissions: ["metadata:write:sumary"] }),
    );
    const manifestPath = join(folder, "manifest.json");
    const manifest = JSON.parse(await Deno.readTextFile(manifestPath));
    await Deno.writeTextFile(
      manifestPath,
      JSON.stringify({
        ...manifest,
        capabilities: { ...manifest.capabilities, metadataProviders: ["series"] },
        network: ["https://api.example.org/"],
      }),
    );
    const ofFile = [
      { pointer: "/netwrok", reason: 'Unknown field: is "network" meant?' },
      {
        pointer: "/permissions/0",
        reason: 'Unknown permission "metadata:write:sumary": is "metadata:write:summary" meant?',
      },
    ];
    const { added, ignored } = await reload(service);
    assert.deepEqual(added, ["odd"]);
    assert.deepEqual(ignored, ofFile.map((it) => ({ path, ...it })));
    const { id } = await service.plugin("odd");
    const tested = (await service.request("POST", `/admin/plugins/${id}/test`))
      .as(PluginTestAnswer);
    assert.equal(tested.success, true, tested.message);
    assert.deepEqual(tested.ignored, [
      ...ofFile.map((it) => ({ in: "codex-plugin.json", ...it })),
      {
        in: "manifest",
        pointer: "/capabilities/metadataProviders",
        reason: 'Unknown field: is "metadataProvider" meant?',
      },
      {
        in: "manifest",
        pointer: "/network/0",
        reason: '"https://api.example.org/" is no host: write "api.example.org"',
      },
    ]);
  });
});

Deno.test("a failed start is told by the line that says why, with the last lines of that run", async () => {
  await withService(async (service) => {
    const folder = join(service.plugins, "broken");
    await Deno.mkdir(folder);
    const file = { name: "broken", entry: "main.ts" };
    await Deno.writeTextFile(join(folder, "codex-plugin.json"), JSON.stringify(file));
    const test = async (text: string) => {
      await Deno.writeTextFile(join(folder, "main.ts"), text);
      await reload(service);
      const { id } = await service.plugin("broken");
      return (await service.request("POST", `/admin/plugins/${id}/test`)).as(PluginTestAnswer);
    };
    const chatty = `for (let at = 0; at < 30; at++) console.error("line", at);`;
    const thrown = await test(`${chatty}\nthrow new TypeError("No key");`);
    assert.equal(thrown.success, false);
    assert.equal(
      thrown.message,
      "The plugin process exited with code 1: Uncaught (in promise) TypeError: No key (main.ts, line 2)",
    );
    assert.equal(thrown.log.length, 20);
    assert.ok(thrown.log.includes("line 29"));
    const misspelt = await test('import { x } from "./missing.ts"; x();');
    assert.match(misspelt.message, /Module not found "file:.*missing\.ts"/);
    assert.ok(!misspelt.log.includes("line 29"), "it is of this run only");
    const silent = await test("export {};");
    assert.match(silent.message, /exited with code 0 .* never ran its loop .*plugin\.run\(\)/);
    assert.deepEqual(silent.log, []);
  });
});

Deno.test("a built-in plugin wins on equal names", async () => {
  await withService(async (service) => {
    await service.install("same", {}, service.builtIn);
    await service.install("same");
    const { added, errors } = await reload(service);
    assert.deepEqual(added, ["same"]);
    assert.equal(errors.length, 1);
    await service.grant("same");
    const { isolation } = await service.plugin("same");
    assert.equal(isolation.level, 2);
  });
});

Deno.test("a removed folder turns its plugin off and keeps its data; its return brings it back", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await reload(service);
    const { id } = await service.grant("scripted");
    assert.equal((await service.search(id, "x")).status, 200);
    const data = join(service.dataRoot, id, "system");
    await Deno.rename(join(service.plugins, "scripted"), join(service.plugins, "..", "away"));
    assert.deepEqual((await reload(service)).removed, ["scripted"]);
    const gone = await service.plugin("scripted");
    assert.deepEqual([gone.state, gone.id], ["disabled", id]);
    assert.equal((await service.search(id, "x")).status, 503);
    assert.ok((await Deno.stat(data)).isDirectory);
    await Deno.rename(join(service.plugins, "..", "away"), join(service.plugins, "scripted"));
    assert.deepEqual((await reload(service)).changed, ["scripted"]);
    assert.equal((await service.search(id, "x")).status, 200);
  });
});

Deno.test("test reads what a plugin asks for and grants nothing", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await reload(service);
    const { id } = await service.plugin("scripted");
    const tested = (await service.request("POST", `/admin/plugins/${id}/test`)).as(
      PluginTestAnswer,
    );
    assert.equal(tested.success, true);
    assert.equal(tested.manifest?.name, "scripted");
    const plugin = await service.plugin("scripted");
    assert.equal(plugin.state, "discovered");
    assert.deepEqual(plugin.requestedPermissions, ["metadata:write:title"]);
    assert.deepEqual(plugin.requestedNetwork, ["example.com"]);
    assert.deepEqual([plugin.permissions, plugin.network], [[], []]);
    const refused = await service.search(id, "x");
    assert.deepEqual([refused.status, refused.as(Problem).code], [409, "not_granted"]);
  });
});

Deno.test("test tells a manifest of another protocol or name in words", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await reload(service);
    const { id } = await service.plugin("scripted");
    const test = async () =>
      (await service.request("POST", `/admin/plugins/${id}/test`)).as(PluginTestAnswer);
    await service.changeManifest("scripted", { protocolVersion: "2.0" });
    const newer = await test();
    assert.equal(newer.success, false);
    assert.match(newer.message, /2\.0.*1/);
    await service.changeManifest("scripted", { protocolVersion: "1.7", name: "other" });
    assert.match((await test()).message, /"other".*"scripted"/);
    await service.changeManifest("scripted", { name: "scripted", version: 1 });
    assert.match((await test()).message, /version/);
    await service.changeManifest("scripted", { version: "1.0.0" });
    assert.equal((await test()).success, true);
  });
});

Deno.test("a grant approves exactly what was shown; anything else is 409 with the difference", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await reload(service);
    const { id } = await service.plugin("scripted");
    await service.request("POST", `/admin/plugins/${id}/test`);
    const { manifestDigest } = await service.plugin("scripted");
    await service.changeManifest("scripted", { network: ["evil.example"] });
    const grant = { permissions: [], network: [], acceptManifest: manifestDigest };
    const refused = await service.request("POST", `/admin/plugins/${id}/grant`, grant);
    assert.equal(refused.status, 409);
    const problem = refused.as(Problem);
    assert.equal(problem.code, "manifest_changed");
    assert.match(problem.detail, /network.*evil\.example/);
    assert.equal((await service.plugin("scripted")).state, "discovered");
    const granted = await service.grant("scripted", []);
    assert.deepEqual([granted.state, granted.enabled], ["stopped", true]);
    assert.deepEqual(service.auth.audit.map(({ action }) => action), [
      "plugin.reloaded",
      "plugin.tested",
      "plugin.tested",
      "plugin.granted",
    ]);
  });
});

Deno.test("a plugin that asks for more after an update waits for approval and runs as granted", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await reload(service);
    const { id } = await service.grant("scripted");
    assert.equal((await service.search(id, "x")).status, 200);
    await service.changeManifest("scripted", { permissions: ["metadata:write:*"] });
    await service.deps.runtime.stop(id, "now");
    assert.equal((await service.search(id, "x")).as(ExecuteAnswer).success, true);
    await service.deps.grants.check(await service.deps.registry.find(id));
    const plugin = await service.plugin("scripted");
    assert.equal(plugin.state, "needs_approval");
    assert.deepEqual(plugin.permissions, ["metadata:write:title"]);
    assert.deepEqual(plugin.requestedPermissions, ["metadata:write:*"]);
    assert.equal((await service.search(id, "x")).status, 200);
    await service.grant("scripted");
    assert.notEqual((await service.plugin("scripted")).state, "needs_approval");
  });
});

Deno.test("a plugin that offers releases alone is unsupported and takes no work", async () => {
  await withService(async (service) => {
    await service.install("scripted", {
      capabilities: { releaseSource: { kinds: ["rss"] } },
      permissions: [],
    });
    await reload(service);
    const { id, state } = await service.grant("scripted");
    assert.equal(state, "unsupported");
    assert.equal((await service.search(id, "x")).status, 503);
  });
});

Deno.test("disable stops calls at once and enable needs no new grant", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await reload(service);
    const { id } = await service.grant("scripted");
    await service.search(id, "x");
    const hanging = service.search(id, "hang");
    await service.logged(id, "hangs");
    await service.request("POST", `/admin/plugins/${id}/disable`);
    assert.equal((await hanging).as(Problem).code, "plugin_off");
    const off = await service.search(id, "x");
    assert.deepEqual([off.status, off.as(Problem).code], [503, "plugin_off"]);
    assert.ok(Number(off.headers.get("retry-after")) > 0);
    await service.request("POST", `/admin/plugins/${id}/enable`);
    assert.equal((await service.search(id, "x")).status, 200);
  });
});

Deno.test("in safe mode every plugin is off", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await reload(service);
    const { id } = await service.grant("scripted");
    assert.equal((await service.plugin("scripted")).state, "disabled");
    assert.equal((await service.search(id, "x")).status, 503);
  }, { isSafeMode: true });
});

Deno.test("CODEX_PLUGIN_SANDBOX=require blocks every plugin and says so", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await reload(service);
    const { id, isolation } = await service.plugin("scripted");
    assert.equal(isolation.level, 0);
    assert.match(isolation.reason, /require/);
    const tested = (await service.request("POST", `/admin/plugins/${id}/test`)).as(
      PluginTestAnswer,
    );
    assert.equal(tested.success, false);
    assert.match(tested.message, /require/);
  }, { sandboxMode: "require" });
});

Deno.test("deleting a plugin ends it, its data and its secrets; its folder is found again", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await reload(service);
    const { id } = await service.grant("scripted");
    await service.search(id, "x");
    assert.equal((await service.request("DELETE", `/admin/plugins/${id}`)).status, 200);
    assert.equal((await service.request("GET", `/admin/plugins/${id}`)).status, 404);
    assert.deepEqual(service.auth.deleted, [id]);
    await assert.rejects(Deno.stat(join(service.dataRoot, id)));
    assert.deepEqual((await reload(service)).added, ["scripted"]);
    assert.equal((await service.plugin("scripted")).state, "discovered");
  });
});
