/** The real process, confined as the host confines a Deno plugin, with the fake as its only host. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lines } from "@codex/service/lines";
import sdk from "../sdk/deno.json" with { type: "json" };
import { startFakeOpenLibrary } from "./testing/fake_server.ts";

const pluginDir = fileURLToPath(new URL(".", import.meta.url));
const sdkDir = fileURLToPath(new URL("../sdk/", import.meta.url));

/** Sends each message once the one before is answered, and gives the replies by id. */
async function converse(dir: string, network: string, messages: readonly object[]) {
  const bootstrap = join(dir, "bootstrap.mjs");
  const importMap = join(dir, "import_map.json");
  const imports = Object.fromEntries(
    Object.entries(sdk.exports).map(([name, module]) => [
      name.replace(".", sdk.name),
      new URL(`../sdk/${module}`, import.meta.url).href,
    ]),
  );
  await Deno.writeTextFile(bootstrap, "await import(Deno.args[0]);\n");
  await Deno.writeTextFile(importMap, JSON.stringify({ imports }));
  const flags = ["--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm"];
  const entry = new URL("./main.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...flags,
      "--cached-only",
      `--import-map=${importMap}`,
      `--allow-net=${network}`,
      `--allow-read=${pluginDir},${sdkDir},${bootstrap}`,
      bootstrap,
      entry,
    ],
    clearEnv: true,
    env: { DENO_DIR: join(dir, "deno-dir") },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const log = new Response(child.stderr).text();
  const input = child.stdin.getWriter();
  const output = lines(child.stdout);
  const replies = new Map();
  for (const message of messages) {
    const line = `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;
    await input.write(new TextEncoder().encode(line));
    const { value } = await output.next();
    assert.ok(value, `No answer to ${line}`);
    const { id, result, error } = JSON.parse(value);
    replies.set(id, { result, error });
  }
  assert.equal((await child.status).code, 0, await log);
  await input.close().catch(() => {});
  assert.equal((await output.next()).done, true);
  return replies;
}

Deno.test("the confined process reaches the host it was granted, and says when it was not", async () => {
  const server = startFakeOpenLibrary();
  const dir = await Deno.makeTempDir({ prefix: "codex-openlibrary-" });
  try {
    const messages = [
      { id: 1, method: "initialize", params: { adminConfig: { baseUrl: server.url } } },
      { id: 2, method: "metadata/series/search", params: { query: "The Hobbit" } },
      { id: 3, method: "shutdown" },
    ];
    const granted = await converse(dir, new URL(server.url).host, messages);
    assert.equal(granted.get(2)?.result.results[0].externalId, "OL900101W");
    const refused = await converse(dir, "openlibrary.org", messages);
    assert.equal(refused.get(2)?.error.code, -32005);
    assert.match(refused.get(2)?.error.message, /not granted/);
  } finally {
    await server.stop();
    await Deno.remove(dir, { recursive: true });
  }
});
