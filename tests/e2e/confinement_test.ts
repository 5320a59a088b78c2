/** Hostile Deno plugins, installed as a person installs any: what they try must fail, whatever way they try it. */
import assert from "node:assert/strict";
import { ExecuteAnswer, ReloadAnswer } from "@codex/protocol";
import { filesOf } from "../harness/leftovers.ts";
import { type Platform, startPlatform } from "../harness/platform.ts";
import { findPlugin, grantPlugin, setUpAdmin } from "../harness/scenario.ts";

/** A plugin that runs `attempt` when it is searched and answers with what it got. */
function dynamicPlugin(name: string, attempt: string): string {
  return `
import { createMetadataPlugin } from "@codex/plugin-sdk";
async function attempt() { ${attempt} }
createMetadataPlugin({
  manifest: { name: "${name}", displayName: "${name}", version: "1.0.0", description: "", author: "",
    protocolVersion: "1.0", capabilities: { metadataProvider: ["series"] } },
  series: {
    search: async () => {
      let outcome;
      try { outcome = "GOT " + String(await attempt()).slice(0, 40); }
      catch (error) { outcome = "REFUSED " + String(error).slice(0, 120); }
      return { results: [{ externalId: "1", title: outcome, alternateTitles: [] }] };
    },
    get: () => Promise.resolve({ externalId: "1" }),
  },
}).run();
`;
}

/** A plugin that can't even start, since its module graph reaches outside. */
function staticPlugin(name: string, importLine: string): string {
  return `${importLine}\nconst kept = globalThis.stolen ?? stolen;\n` +
    dynamicPlugin(name, "return JSON.stringify(kept);");
}

Deno.test("a hostile Deno plugin reaches no secret, no file and no host", async (t) => {
  await using platform = await startPlatform();
  await setUpAdmin(platform);
  const files = await Array.fromAsync(filesOf(platform));
  const key = files.find(({ name }) => /^secrets\/.*encryption/.test(name))?.path;
  assert.ok(key, "The platform keeps no encryption key where this test looks");
  await using target = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    return new Response("internal");
  });
  const local = `http://127.0.0.1:${target.addr.port}/`;

  const dynamic: Record<string, string> = {
    "read-key": `return await Deno.readTextFile(${JSON.stringify(key)});`,
    "read-passwd": `return await Deno.readTextFile("/etc/passwd");`,
    "read-environ": `return await Deno.readTextFile("/proc/self/environ");`,
    "import-text": `return (await import(${
      JSON.stringify(key)
    }, { with: { type: "text" } })).default;`,
    "import-json": `return (await import("/etc/passwd", { with: { type: "json" } })).default;`,
    "import-bytes": `return (await import("/etc/passwd", { with: { type: "bytes" } })).default;`,
    "import-module": `return Object.keys(await import("/etc/passwd"));`,
    "import-file-url":
      `return (await import("file:///etc/passwd", { with: { type: "text" } })).default;`,
    "import-https": `return Object.keys(await import("https://example.org/mod.ts"));`,
    "import-loopback": `return Object.keys(await import("${local}mod.ts"));`,
    "import-npm": `return Object.keys(await import("npm:left-pad@1.3.0"));`,
    "fetch-ungranted": `return await (await fetch("https://example.org/")).text();`,
    "fetch-loopback": `return await (await fetch("${local}")).text();`,
    "connect-loopback":
      `const c = await Deno.connect({ hostname: "127.0.0.1", port: ${target.addr.port} }); c.close(); return "connected";`,
    "run-process": `return (await new Deno.Command("id").output()).code;`,
    "write-outside": `await Deno.writeTextFile("/tmp/codex-escape", "x"); return "written";`,
    "read-environment": `return Deno.env.get("PATH");`,
    "load-library": `Deno.dlopen("libc.so.6", {}); return "loaded";`,
    "start-worker":
      `const w = new Worker("data:text/javascript,postMessage(1)", { type: "module" }); return await new Promise((r, f) => { w.onmessage = async () => { w.terminate(); try { r(await Deno.readTextFile("/etc/passwd")); } catch (e) { f(e); } }; w.onerror = (e) => { e.preventDefault(); f(new Error(e.message)); }; });`,
  };
  const statics: Record<string, string> = {
    "static-text": `import stolen from ${JSON.stringify(key)} with { type: "text" };`,
    "static-json": `import stolen from "/etc/passwd" with { type: "json" };`,
    "static-module": `import * as stolen from "/etc/passwd";`,
    "static-relative":
      `import stolen from "../../../../../../../../../../etc/passwd" with { type: "text" };`,
  };
  for (const [name, attempt] of Object.entries(dynamic)) {
    await install(platform, name, dynamicPlugin(name, attempt));
  }
  for (const [name, line] of Object.entries(statics)) {
    await install(platform, name, staticPlugin(name, line));
  }
  await install(platform, "cache-rewriter", dynamicPlugin("cache-rewriter", CACHE_REWRITE));
  const reload = await platform.api.expect(ReloadAnswer, "POST", "/admin/plugins/reload");
  assert.deepEqual(reload.errors, []);

  for (const name of Object.keys(dynamic)) {
    await t.step(`${name} is refused`, async () => {
      const plugin = await grantPlugin(platform, name, { network: [] });
      assert.match(await outcomeOf(platform, plugin.id), /^REFUSED /);
    });
  }
  for (const name of ["fetch-ungranted", "fetch-loopback", "connect-loopback"]) {
    await t.step(`${name} is refused beside a host that was granted, by permission`, async () => {
      const plugin = await grantPlugin(platform, name, { network: ["openlibrary.org"] });
      assert.match(await outcomeOf(platform, plugin.id), /^REFUSED NotCapable/);
    });
  }
  for (const name of Object.keys(statics)) {
    await t.step(`${name} does not start`, async () => {
      const { id } = await findPlugin(platform, name);
      const answer = await platform.api.call("POST", `/admin/plugins/${id}/test`);
      const body = answer.body as { success?: boolean };
      assert.notEqual(body.success, true);
      assert.ok(!JSON.stringify(answer.body).includes("root:"), "The file's text came through");
    });
  }
  await t.step("cache-rewriter writes nowhere, and is as confined when started again", async () => {
    const plugin = await grantPlugin(platform, "cache-rewriter", { network: [] });
    assert.match(await outcomeOf(platform, plugin.id), /^REFUSED /);
    await platform.api.call("POST", `/admin/plugins/${plugin.id}/disable`);
    await platform.api.call("POST", `/admin/plugins/${plugin.id}/enable`);
    assert.match(await outcomeOf(platform, plugin.id), /^REFUSED /);
  });
});

/** Tries every place where Deno may keep compiled code or host files, then reads a file of the host. */
const CACHE_REWRITE = `
  const places = new Set(["/tmp", "/var/tmp"]);
  for (const base of [import.meta.url, import.meta.resolve("@codex/plugin-sdk")]) {
    places.add(new URL(".", base).pathname);
  }
  for (const place of places) {
    for (const file of ["bootstrap.ts", "bootstrap.mjs", "mod.ts", "gen/file/x.js", "main.ts"]) {
      try {
        await Deno.writeTextFile(place + "/" + file, "globalThis.escaped = true;");
        return "wrote " + place + "/" + file;
      } catch { /* refused, as it should be */ }
    }
  }
  return await Deno.readTextFile("/etc/passwd");
`;

async function outcomeOf(platform: Platform, pluginId: string): Promise<string> {
  const answer = await platform.api.expect(ExecuteAnswer, "POST", `/plugins/${pluginId}/execute`, {
    action: { metadata: { action: "search", contentType: "series", params: { query: "x" } } },
  });
  assert.ok(answer.success, JSON.stringify(answer.error));
  const { results } = answer.result as { results: { title: string }[] };
  return results[0]?.title ?? "";
}

async function install(platform: Platform, name: string, code: string): Promise<void> {
  const folder = `${platform.pluginsDir}/${name}`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/main.ts`, code);
  await Deno.writeTextFile(
    `${folder}/codex-plugin.json`,
    JSON.stringify({ name, displayName: name, entry: "main.ts" }),
  );
}
