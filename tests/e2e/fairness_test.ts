/** One reader who asks for too much: neither the plugin nor other readers are to suffer for it. */
import assert from "node:assert/strict";
import {
  ExecuteAnswer,
  Plugin,
  PluginFailures,
  PluginHealth,
  Problem,
  ReloadAnswer,
  SessionAnswer,
} from "@codex/protocol";
import type { ApiClient } from "../harness/api_client.ts";
import { type Platform, startPlatform } from "../harness/platform.ts";
import { grantPlugin, setUpAdmin } from "../harness/scenario.ts";

const NAME = "one-by-one";
const SEARCHES = 80;
const SEARCH_MS = 150;
/** 80 searches take 12 s. */
const TIMEOUT_SECONDS = 5;

/** It reads its next call, a ping too, when it is done with the last; no manifest says so. */
const PROGRAM = `
import { createInterface } from "node:readline";

const results = {
  initialize: {
    name: "${NAME}",
    displayName: "One by one",
    version: "1.0.0",
    protocolVersion: "1.0",
    capabilities: { metadataProvider: ["series"] },
  },
  ping: "pong",
  shutdown: null,
  "metadata/series/search": { results: [{ externalId: "1", title: "Dune" }] },
};
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(line);
  if (method === undefined || id === undefined) continue;
  if (method.endsWith("/search")) await new Promise((done) => setTimeout(done, ${SEARCH_MS}));
  console.log(JSON.stringify({ jsonrpc: "2.0", id, result: results[method] }));
  if (method === "shutdown") break;
}
`;

/** Installs and grants the plugin; gives its id. */
async function install(platform: Platform): Promise<string> {
  const folder = `${platform.pluginsDir}/${NAME}`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/main.mjs`, `import process from "node:process";${PROGRAM}`);
  const entry = { name: NAME, displayName: "One by one", entry: "main.mjs" };
  await Deno.writeTextFile(`${folder}/codex-plugin.json`, JSON.stringify(entry));
  await platform.api.expect(ReloadAnswer, "POST", "/admin/plugins/reload");
  const { id } = await grantPlugin(platform, NAME);
  await platform.api.expect(Plugin, "PATCH", `/admin/plugins/${id}`, {
    requestTimeoutSeconds: TIMEOUT_SECONDS,
  });
  return id;
}

/** A new reader, signed in so many times. */
async function addReader(
  platform: Platform,
  username: string,
  sessions: number,
): Promise<ApiClient[]> {
  const password = crypto.randomUUID();
  const email = `${username}@example.org`;
  await platform.api.call("POST", "/users", { username, email, password, role: "reader" });
  return await Promise.all(
    Array.from({ length: sessions }, async () => {
      const session = await platform.api.expect(SessionAnswer, "POST", "/auth/login", {
        username,
        password,
      });
      return platform.api.as(session.accessToken);
    }),
  );
}

Deno.test("80 searches of one reader at once, from two sessions, turn no plugin off and keep no other reader out", async () => {
  await using platform = await startPlatform();
  await setUpAdmin(platform);
  const id = await install(platform);
  const greedy = await addReader(platform, "greedy", 2);
  const [other] = await addReader(platform, "other", 1);
  const params = { query: "Dune" };
  const action = { metadata: { action: "search", contentType: "series", params } };
  const search = (reader: ApiClient) => reader.call("POST", `/plugins/${id}/execute`, { action });
  const searches = Array.from({ length: SEARCHES }, (_, at) => search(greedy[at % 2]!));
  // One was answered, so that the others have come, or are about to.
  await Promise.race(searches);
  const found = await search(other!);
  assert.equal(ExecuteAnswer.parse(found.body).success, true);

  const refused = (await Promise.all(searches)).filter(({ status }) => status !== 200);
  assert.ok(refused.length > 0 && refused.length < SEARCHES, `${refused.length}`);
  for (const { body, headers } of refused) {
    const { code, detail } = Problem.parse(body);
    assert.equal(code, "no_capacity", detail);
    assert.match(detail, /^You use half of what the plugin works on at a time: /);
    assert.ok(Number(headers.get("retry-after")) > 0);
  }
  const { failures } = await platform.api.expect(
    PluginFailures,
    "GET",
    `/admin/plugins/${id}/failures`,
  );
  assert.deepEqual(failures, []);
  const health = await platform.api.expect(PluginHealth, "GET", `/admin/plugins/${id}/health`);
  assert.deepEqual([health.state, health.failureCount], ["running", 0]);
});
