import assert from "node:assert/strict";
import { join } from "node:path";
import { ExecuteAnswer, type PluginId, PluginTestAnswer, ReloadAnswer } from "@codex/protocol";
import { type TestService, withService } from "../testing/test_service.ts";

const reload = async ({ request }: TestService) =>
  (await request("POST", "/admin/plugins/reload")).as(ReloadAnswer);

const test = async ({ request }: TestService, id: PluginId) =>
  (await request("POST", `/admin/plugins/${id}/test`)).as(PluginTestAnswer);

const writeFile = (service: TestService, folder: string, file: object) =>
  Deno.writeTextFile(join(service.plugins, folder, "codex-plugin.json"), JSON.stringify(file));

/** A copy of an installed plugin in a folder of another name. */
async function copyPlugin(service: TestService, from: string, to: string): Promise<void> {
  await Deno.mkdir(join(service.plugins, to));
  for (const name of ["main.ts", "manifest.json", "codex-plugin.json"]) {
    await Deno.copyFile(join(service.plugins, from, name), join(service.plugins, to, name));
  }
}

async function withGranted(
  body: (service: TestService, id: PluginId) => Promise<void>,
): Promise<void> {
  await withService(async (service) => {
    await service.install("scripted");
    await reload(service);
    const { id } = await service.grant("scripted", []);
    await service.request("PATCH", `/admin/plugins/${id}`, { credentials: { api_key: "abcd" } });
    await body(service, id);
  });
}

/** Which module answers, and with which credentials. */
async function whoAnswers(service: TestService, id: PluginId): Promise<unknown> {
  const answer = (await service.search(id, "initialized")).as(ExecuteAnswer);
  return JSON.parse(Object(answer.result).results[0].title).credentials;
}

Deno.test("of two folders with one name the registered one has it, whatever they are called", async () => {
  await withGranted(async (service, id) => {
    await copyPlugin(service, "scripted", "a-copy");
    const { changed, errors } = await reload(service);
    assert.deepEqual(changed, []);
    assert.equal(errors[0]?.path, join(service.plugins, "a-copy"));
    assert.match(errors[0]?.message ?? "", /"scripted" is used twice.*remove one of the two/);
    assert.equal((await service.search(id, "x")).status, 200);
  });
});

Deno.test("a registered folder that can't be read keeps its name", async () => {
  await withGranted(async (service) => {
    await copyPlugin(service, "scripted", "a-copy");
    await Deno.writeTextFile(join(service.plugins, "scripted", "codex-plugin.json"), "{");
    const { changed, removed, errors } = await reload(service);
    assert.deepEqual([changed, removed], [[], []]);
    const copy = errors.find(({ path }) => path.endsWith("a-copy"));
    assert.match(copy?.message ?? "", /can't be read now: mend or remove/);
  });
});

Deno.test("another folder of a granted name gets no call and no secret before it was read", async () => {
  await withGranted(async (service, id) => {
    await copyPlugin(service, "scripted", "a-copy");
    await Deno.remove(join(service.plugins, "scripted"), { recursive: true });
    assert.deepEqual((await reload(service)).changed, ["scripted"]);
    const { state, stateReason } = await service.plugin("scripted");
    assert.equal(state, "needs_approval");
    assert.match(stateReason ?? "", /something else than what was granted: test it/);
    let asked = 0;
    const { getPluginSecrets } = service.auth;
    service.auth.getPluginSecrets = (context, pluginId) => {
      asked++;
      return getPluginSecrets(context, pluginId);
    };
    assert.equal((await service.search(id, "x")).status, 503);
    assert.equal((await test(service, id)).success, true);
    assert.equal(asked, 0);
    // It asks for nothing new.
    assert.deepEqual((await service.plugin("scripted")).pendingChanges, []);
    assert.deepEqual(await whoAnswers(service, id), { api_key: "abcd" });
  });
});

Deno.test("a successor that asks for more waits for its grant with what it asks for in words", async () => {
  await withGranted(async (service, id) => {
    await copyPlugin(service, "scripted", "successor");
    await Deno.remove(join(service.plugins, "scripted"), { recursive: true });
    await writeFile(service, "successor", {
      name: "scripted",
      entry: "main.ts",
      network: ["evil.example"],
    });
    await reload(service);
    assert.equal((await service.search(id, "x")).status, 503);
    await test(service, id);
    const plugin = await service.plugin("scripted");
    assert.equal(plugin.state, "needs_approval");
    assert.deepEqual(plugin.pendingChanges, [
      'Now asks for the network host "evil.example"',
    ]);
    assert.deepEqual(plugin.network, []);
  });
});

Deno.test("a folder that comes back with another file is read before it gets its grants back", async () => {
  await withGranted(async (service, id) => {
    const away = join(service.plugins, "..", "away");
    await Deno.rename(join(service.plugins, "scripted"), away);
    await reload(service);
    await Deno.rename(away, join(service.plugins, "scripted"));
    await writeFile(service, "scripted", {
      name: "scripted",
      entry: "main.ts",
      permissions: ["metadata:write:*"],
    });
    await reload(service);
    assert.equal((await service.search(id, "x")).status, 503);
    assert.equal((await service.plugin("scripted")).state, "needs_approval");
    await service.grant("scripted", []);
    assert.equal((await service.search(id, "x")).status, 200);
  });
});

Deno.test("a file that says nothing or two things to run is told what to do", async () => {
  await withService(async (service) => {
    for (const folder of ["both", "neither"]) await Deno.mkdir(join(service.plugins, folder));
    await writeFile(service, "both", { name: "both", entry: "main.ts", command: "node" });
    await writeFile(service, "neither", { name: "neither" });
    const [both, neither] = (await reload(service)).errors;
    assert.match(both?.message ?? "", /keep "entry".*or "command".*remove the other/);
    assert.match(neither?.message ?? "", /add "entry".*or "command"/);
  });
});

Deno.test("what is no file is not read", async () => {
  await withService(async (service) => {
    const folder = join(service.plugins, "device");
    await Deno.mkdir(folder);
    await Deno.symlink("/dev/null", join(folder, "codex-plugin.json"));
    assert.deepEqual((await reload(service)).errors, [
      { path: folder, message: "codex-plugin.json is no file" },
    ]);
  });
});

Deno.test("a file with a number that can't be kept is one folder's fault and names the field", async () => {
  await withService(async (service) => {
    await service.install("good");
    await Deno.mkdir(join(service.plugins, "bad"));
    const text = '{"name": "bad", "entry": "main.ts", "args": ["1", 1e400], "version": 1e400}';
    await Deno.writeTextFile(join(service.plugins, "bad", "codex-plugin.json"), text);
    const { added, errors } = await reload(service);
    assert.deepEqual(added, ["good"]);
    assert.match(errors[0]?.message ?? "", /\/version: Must be a string.*\/args\/1: Must be/);
  });
});

Deno.test("a file with text that can't be stored is one folder's fault and names the field", async () => {
  await withService(async (service) => {
    await service.install("good");
    await Deno.mkdir(join(service.plugins, "bad"));
    await writeFile(service, "bad", { name: "bad", entry: "main.ts", description: "x\0y" });
    const { added, errors } = await reload(service);
    assert.deepEqual(added, ["good"]);
    assert.equal(errors[0]?.message, "/description: Holds the character NUL");
  });
});
