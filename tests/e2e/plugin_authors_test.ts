/** The whole plugin of docs/plugin-authors.md, as it is written there. */
import assert from "node:assert/strict";
import { Manifest, metadataMethods, readWire } from "@codex/protocol";
import type { z } from "zod";
import { lines } from "@codex/service/lines";
import { requireTool } from "../../infra/test/tools.ts";
import { PROJECT_ROOT } from "../harness/platform.ts";

const GUIDE = await Deno.readTextFile(`${PROJECT_ROOT}/docs/plugin-authors.md`);
const PLUGIN = GUIDE.match(/```python\n([\s\S]*?)```/)?.[1] ?? "";

/** The plugin's replies to these calls, numbered from 1. */
async function repliesTo(calls: readonly object[]): Promise<Record<string, unknown>[]> {
  const child = new Deno.Command("python3", {
    args: ["-c", PLUGIN],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const sent = calls.map((call, i) => JSON.stringify({ jsonrpc: "2.0", id: i + 1, ...call }));
  await writer.write(new TextEncoder().encode(sent.join("\n") + "\n"));
  await writer.close();
  const replies: Record<string, unknown>[] = [];
  for await (const line of lines(child.stdout)) replies.push(JSON.parse(line));
  assert.equal((await child.status).code, 0);
  return replies;
}

function read<Schema extends z.ZodType>(schema: Schema, raw: unknown): z.output<Schema> {
  const answer = readWire(schema, raw);
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer.value;
}

Deno.test({
  name: "the guide's plugin without the SDK answers as the protocol asks",
  ignore: requireTool("python3") === "skip",
  async fn() {
    const [initialized, pong, found, got, missing, unknown, ended] = await repliesTo([
      { method: "initialize", params: { adminConfig: {} } },
      { method: "ping", params: {} },
      { method: "metadata/series/search", params: { query: "hobbit" } },
      { method: "metadata/series/get", params: { externalId: "1" } },
      { method: "metadata/series/get", params: { externalId: "2" } },
      { method: "metadata/series/match", params: { title: "The Hobbit" } },
      { method: "shutdown" },
    ]);
    assert.deepEqual(read(Manifest, initialized?.["result"]).capabilities.metadataProvider, [
      "series",
    ]);
    assert.equal(pong?.["result"], "pong");
    const { search, get } = metadataMethods.series;
    const results = read(search.answer, found?.["result"]).results;
    assert.deepEqual(results.map((result) => result.externalId), ["1"]);
    assert.equal(read(get.answer, got?.["result"]).title, "The Hobbit");
    assert.match(JSON.stringify(missing), /-32002/);
    assert.match(JSON.stringify(unknown), /-32601/);
    assert.deepEqual(ended, { jsonrpc: "2.0", id: 7, result: null });
  },
});
