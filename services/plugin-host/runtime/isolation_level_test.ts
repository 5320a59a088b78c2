/** Levels of isolation as the administrator sees them, and every allowed runtime at level 3. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { CreatedPlugin, Plugin, PluginList } from "@codex/protocol";
import { requireTool } from "../../../infra/test/tools.ts";
import { startNpmRegistry } from "../testing/npm_registry.ts";
import { startPythonRegistry } from "../testing/python_registry.ts";
import { TESTDATA } from "../testing/test_host.ts";
import { waitUntil } from "../testing/wait_until.ts";
import { type TestService, withService } from "../testing/test_service.ts";

const ignore = ["bwrap", "socat", "ip"].some((tool) => requireTool(tool) === "skip");

function sandboxTest(name: string, fn: (service: TestService) => Promise<void>): void {
  Deno.test({ name, ignore, fn: () => withService(fn, { hasSandbox: true }) });
}

/** Installs a plugin that runs by command, with a copy of a file of `testdata`. */
async function installCommand(
  service: TestService,
  name: string,
  command: string,
  args: readonly string[],
  source: string,
): Promise<void> {
  const folder = join(service.plugins, name);
  await Deno.mkdir(folder);
  await Deno.copyFile(join(TESTDATA, source), join(folder, source.split("/").at(-1) ?? ""));
  const file = { name, command, args };
  await Deno.writeTextFile(join(folder, "codex-plugin.json"), JSON.stringify(file));
}

/** With time enough for a busy machine to install what a command downloads. */
async function addCommand(service: TestService, wish: object) {
  const timed = { ...wish, requestTimeoutSeconds: 300 };
  const answer = await service.request("POST", "/admin/plugins", timed);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.as(CreatedPlugin);
}

Deno.test("without a sandbox a Node plugin is blocked with what to do, until the administrator allows it", async () => {
  await withService(async (service) => {
    await installCommand(service, "scripted", "node", ["plugin.mjs"], "node/plugin.mjs");
    await service.request("POST", "/admin/plugins/reload");
    const found = await service.plugin("scripted");
    assert.equal(found.isolation.level, 0);
    assert.match(found.isolation.reason, /"node" can't, and the test has none; allow it/);
    const { body } = await service.request("POST", `/admin/plugins/${found.id}/test`);
    assert.equal(Object(body).success, false);
    assert.match(Object(body).message, /"node" can't, and the test has none; allow it/);
    const refused = await service.request("POST", `/admin/plugins/${found.id}/grant`, {
      permissions: [],
      network: [],
    });
    assert.ok(refused.status >= 400, JSON.stringify(refused.body));
    // Nothing of it was started: a start makes the folder.
    await assert.rejects(Deno.stat(join(service.dataRoot, found.id)), Deno.errors.NotFound);
    const patch = { allowUnsandboxed: true };
    await service.request("PATCH", `/admin/plugins/${found.id}`, patch);
    const allowed = await service.grant("scripted");
    assert.deepEqual([allowed.isolation.level, allowed.state], [1, "stopped"]);
    await service.request("PATCH", `/admin/plugins/${found.id}`, { allowUnsandboxed: false });
    const blocked = await service.plugin("scripted");
    assert.equal(blocked.state, "blocked");
    assert.equal(blocked.stateReason, blocked.isolation.reason);
    assert.equal((await service.search(found.id, "anything")).status, 503);
  });
});

/** As it may: into the folder that it is told, at its start. */
const WRITING_PLUGIN = `
import { createInterface } from "node:readline";
import { writeFileSync } from "node:fs";
const manifest = { name: "writer", displayName: "Writer", version: "1.0.0", protocolVersion: "1.0",
  capabilities: { metadataProvider: ["series"] } };
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") writeFileSync(params.dataDir + "/home/written", "x");
  const result = { initialize: manifest, ping: "pong" }[method] ?? null;
  console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
  if (method === "shutdown") process.exit(0);
}`;

async function leavesNothing(service: TestService): Promise<void> {
  const folder = join(service.plugins, "writer");
  await Deno.mkdir(folder);
  await Deno.writeTextFile(join(folder, "plugin.mjs"), WRITING_PLUGIN);
  const file = { name: "writer", command: "node", args: ["plugin.mjs"] };
  await Deno.writeTextFile(join(folder, "codex-plugin.json"), JSON.stringify(file));
  await service.request("POST", "/admin/plugins/reload");
  const { id } = await service.plugin("writer");
  await service.request("PATCH", `/admin/plugins/${id}`, { allowUnsandboxed: true });
  const tests = Array.from(
    { length: 2 },
    () => service.request("POST", `/admin/plugins/${id}/test`),
  );
  for (const { body } of await Promise.all(tests)) {
    assert.equal(Object(body).success, true, JSON.stringify(body));
  }
  const probes = join(service.dataRoot, id, "probe");
  await waitUntil(
    async () => (await Array.fromAsync(Deno.readDir(probes))).length === 0,
    "what its tests wrote is removed",
  );
}

Deno.test("a test leaves nothing of what the plugin wrote", () => withService(leavesNothing));

sandboxTest("a test in a sandbox leaves nothing of what the plugin wrote", leavesNothing);

sandboxTest(
  "with one, Deno and Node plugins both run at level 3, and it is said",
  async (service) => {
    await service.install("deno-plugin");
    await installCommand(service, "scripted", "node", ["plugin.mjs"], "node/plugin.mjs");
    await service.request("POST", "/admin/plugins/reload");
    for (const name of ["deno-plugin", "scripted"]) {
      const { id, isolation } = await service.grant(name);
      assert.equal(isolation.level, 3);
      assert.match(isolation.reason, /^Runs in a sandbox of its own/);
      const answer = await service.request("POST", `/plugins/${id}/execute`, { action: "ping" });
      assert.equal(Object(answer.body).success, true, JSON.stringify(answer.body));
    }
    const { plugins } = (await service.request("GET", "/admin/plugins")).as(PluginList);
    assert.deepEqual(plugins.map(({ isolation }) => isolation.level), [3, 3]);
  },
);

sandboxTest(
  "a Python plugin that was added by command reads its folder in a plugins folder",
  async (service) => {
    const folder = join(service.plugins, "by-hand");
    await Deno.mkdir(folder);
    const script = join(folder, "plugin.py");
    await Deno.copyFile(join(TESTDATA, "python", "plugin.py"), script);
    const { plugin, healthCheckError } = await addCommand(service, {
      name: "scripted",
      displayName: "Scripted",
      command: "python3",
      args: [script],
      permissions: [],
    });
    assert.equal(healthCheckError, undefined);
    assert.deepEqual([plugin.isolation.level, plugin.enabled], [3, true]);
  },
);

sandboxTest(
  "npx gets its package from a registry, once the network is granted, and keeps its cache",
  async (service) => {
    await using registry = await startNpmRegistry("scripted", join(TESTDATA, "node", "plugin.mjs"));
    const wish = {
      name: "scripted",
      displayName: "Scripted",
      command: "npx",
      args: [
        "--yes",
        "--fetch-retries=0",
        `--registry=http://127.0.0.1:${registry.port}`,
        "scripted",
      ],
      permissions: [],
    };
    const refused = await addCommand(service, { ...wish, name: "without-network" });
    assert.equal(refused.healthCheckPassed, false);
    assert.match(
      refused.plugin.isolation.reason,
      /"npx" downloads what it runs.*its registry's host/,
    );
    assert.equal(registry.asked.length, 0);
    const { plugin, healthCheckError } = await addCommand(service, {
      ...wish,
      network: [`127.0.0.1:${registry.port}`],
    });
    assert.equal(healthCheckError, undefined);
    assert.match(plugin.isolation.reason, /reaches the granted hosts alone/);
    assert.ok(registry.asked.includes("/scripted"));
    const ping = { action: "ping" };
    const answer = await service.request("POST", `/plugins/${plugin.id}/execute`, ping);
    assert.equal(Object(answer.body).success, true, JSON.stringify(answer.body));
    const kept = join(service.dataRoot, plugin.id, "system", "home", ".npm");
    assert.ok((await Deno.stat(kept)).isDirectory);
  },
);

sandboxTest(
  "uv runs a script with the system's Python and a cache in the data folder",
  async (service) => {
    const folder = join(service.plugins, "by-uv");
    await Deno.mkdir(folder);
    const script = join(folder, "plugin.py");
    await Deno.copyFile(join(TESTDATA, "python", "plugin.py"), script);
    const uv = await findUv(folder, script);
    const { plugin, healthCheckError } = await addCommand(service, {
      name: "scripted",
      displayName: "Scripted",
      command: uv,
      args: ["run", "--offline", "--no-project", "--python", "/usr/bin/python3", script],
      permissions: [],
    });
    assert.equal(healthCheckError, undefined);
    assert.deepEqual([plugin.isolation.level, plugin.enabled], [3, true]);
    const { command } = Plugin.parse(await service.plugin("scripted"));
    assert.equal(command, uv);
  },
);

sandboxTest(
  "uvx gets its package from a registry, once the network is granted, and keeps its cache",
  async (service) => {
    const isInstalled = await Deno.stat("/usr/local/bin/uvx").then(() => true, () => false);
    const script = join(TESTDATA, "python", "plugin.py");
    await using registry = await startPythonRegistry("scripted", script);
    const folder = join(service.plugins, "by-uvx");
    await Deno.mkdir(folder);
    const wish = {
      displayName: "Scripted",
      command: isInstalled ? "uvx" : await standIn(folder, "uvx", script),
      args: ["--python", "/usr/bin/python3", "--index-url", registry.url, "scripted"],
      permissions: [],
    };
    const network = [`127.0.0.1:${registry.port}`];
    const { plugin, healthCheckError } = await addCommand(service, {
      ...wish,
      name: "scripted",
      network,
    });
    assert.equal(healthCheckError, undefined);
    assert.equal(plugin.isolation.level, 3);
    assert.match(plugin.isolation.reason, /reaches the granted hosts alone/);
    const ping = { action: "ping" };
    const answer = await service.request("POST", `/plugins/${plugin.id}/execute`, ping);
    assert.equal(Object(answer.body).success, true, JSON.stringify(answer.body));
    if (isInstalled) assert.ok(registry.asked.includes("/simple/scripted/"));
    const kept = join(service.dataRoot, plugin.id, "system", "home", ".cache", "uv");
    assert.ok((await Deno.stat(kept)).isDirectory);
  },
);

/** The machine's uv, else a stand-in of that name. */
async function findUv(folder: string, script: string): Promise<string> {
  const isInstalled = await Deno.stat("/usr/local/bin/uv").then(() => true, () => false);
  return isInstalled ? "uv" : await standIn(folder, "uv", script);
}

/** A program of that name beside the plugin, which hands the script to Python and keeps a cache as uv does. */
async function standIn(folder: string, name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await Deno.copyFile(script, join(folder, "handed.py"));
  const body = `mkdir -p "$HOME/.cache/uv" && exec /usr/bin/python3 ${join(folder, "handed.py")}`;
  await Deno.writeTextFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}
