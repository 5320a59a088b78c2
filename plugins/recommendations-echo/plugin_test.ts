import assert from "node:assert/strict";
import { Manifest, pluginTypeOf, readWire, recommendationMethods } from "@codex/protocol";
import type { JsonValue, RecommendationAnswer } from "@codex/plugin-sdk";
import { readCalls } from "@codex/plugin-sdk/call-record";
import { startTestHost, type TestHost } from "@codex/plugin-sdk/testing";
import { createRecommendationsEcho } from "./plugin.ts";

async function withEcho(
  adminConfig: Record<string, JsonValue>,
  test: (host: TestHost) => Promise<void>,
  storage = new Map<string, JsonValue>(),
): Promise<void> {
  const plugin = createRecommendationsEcho();
  const host = await startTestHost(plugin, { adminConfig, storage });
  await test(host);
  await host.stop();
}

const SERIES_ID = "0b5a1c0e-7f64-4d4f-9a43-0c9a3f6a2d11";

function series(title: string, externalId?: string) {
  const externalIds = externalId === undefined ? [] : [{ source: "api:echo", externalId }];
  return { seriesId: SERIES_ID, title, externalIds };
}

async function recommended(host: TestHost, params: object): Promise<string[]> {
  const answer = await host.call("recommendations/get", params) as RecommendationAnswer;
  return answer.recommendations.map(({ externalId }) => externalId);
}

const library = [series("Dune"), series("Emma")];

Deno.test("an answer satisfies the protocol, with every field filled", () =>
  withEcho({}, async (host) => {
    const owned = [...library, series("Dune 2", "2:Dune")];
    const raw = await host.call("recommendations/get", { library: owned });
    const { answer } = recommendationMethods["recommendations/get"];
    const read = readWire(answer, raw);
    assert.ok(read.ok, JSON.stringify(read));
    assert.deepEqual(read.ignored, []);
    const [first] = read.value.recommendations;
    assert.equal(first?.inLibrary, true);
    assert.equal(first?.codexSeriesId, SERIES_ID);
    const fields = Object.keys(answer.shape.recommendations.unwrap().element.shape);
    assert.deepEqual(Object.keys(first ?? {}).sort(), fields.sort());
    const manifest = Manifest.parse(host.manifest);
    assert.equal(pluginTypeOf(manifest.capabilities), "user");
  }));

Deno.test("sequels come in the order of the library, best first, up to the limit", () =>
  withEcho({}, async (host) => {
    const all = ["2:Dune", "2:Emma", "3:Dune", "3:Emma"];
    assert.deepEqual(await recommended(host, { library }), all);
    assert.deepEqual(await recommended(host, { library, limit: 3 }), all.slice(0, 3));
    assert.deepEqual(await recommended(host, { library: [] }), []);
    const { recommendations } = await host.call("recommendations/get", {
      library,
    }) as RecommendationAnswer;
    assert.deepEqual(recommendations.map(({ score }) => score), [1, 1 / 2, 1 / 3, 1 / 4]);
  }));

Deno.test("what is excluded, or dismissed once, isn't recommended, also by a later process", async () => {
  const storage = new Map<string, JsonValue>();
  await withEcho({}, async (host) => {
    const excludeIds = ["2:Dune"];
    assert.deepEqual(await recommended(host, { library, limit: 1, excludeIds }), ["2:Emma"]);
    for (let time = 0; time < 2; time++) {
      const dismissal = { externalId: "2:Emma", reason: "already_read" };
      assert.deepEqual(await host.call("recommendations/dismiss", dismissal), { dismissed: true });
    }
  }, storage);
  await withEcho({}, async (host) => {
    assert.deepEqual(await recommended(host, { library, limit: 2 }), ["2:Dune", "3:Dune"]);
    assert.deepEqual(await host.call("recommendations/clear"), { cleared: true });
    assert.deepEqual(await recommended(host, { library, limit: 2 }), ["2:Dune", "2:Emma"]);
    assert.deepEqual(await host.call("recommendations/clear"), { cleared: false });
  }, storage);
});

Deno.test("updateProfile says how many entries it saw", () =>
  withEcho({}, async (host) => {
    const profile = await host.call("recommendations/updateProfile", { entries: library });
    assert.deepEqual(profile, { updated: true, entriesProcessed: 2 });
  }));

Deno.test("what was asked is told in the log", () =>
  withEcho({}, async (host) => {
    await recommended(host, { library });
    await host.call("recommendations/dismiss", { externalId: "2:Dune" });
    const calls = readCalls(host.log);
    assert.deepEqual(calls.map(({ method }) => method), [
      "initialize",
      "recommendations/get",
      "recommendations/dismiss",
    ]);
    assert.match(JSON.stringify(calls[1]?.params), /"title":"Emma"/);
  }));

Deno.test("failWith fails every call with the code of its name, but not ping", () =>
  withEcho({ failWith: "rate_limited" }, async (host) => {
    const refused = host.call("recommendations/get", { library });
    await assert.rejects(refused, { code: -32001, data: { retryAfterSeconds: 30 } });
    assert.equal(await host.call("ping"), "pong");
  }));

Deno.test("a wrong setting refuses the start, and every wrong one is named", async () => {
  const wrong = { perSeries: 101, delayMs: -1, failWith: "toString" };
  await assert.rejects(withEcho(wrong, () => Promise.resolve()), {
    code: -32005,
    message: /"perSeries".*"failWith".*"delayMs"|"perSeries".*"delayMs".*"failWith"/,
  });
});

Deno.test("codex-plugin.json and the manifest agree", async () => {
  const file = JSON.parse(await Deno.readTextFile(new URL("./codex-plugin.json", import.meta.url)));
  const { manifest } = createRecommendationsEcho();
  assert.deepEqual(
    [file.name, file.displayName, file.version],
    [manifest.name, manifest.displayName, manifest.version],
  );
});
