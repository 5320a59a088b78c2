import assert from "node:assert/strict";
import { AutoMatchAnswer, Series } from "@codex/protocol";
import { createScene, SERIES_ANSWER } from "../testing/enrichment_scene.ts";
import type { FakeMethod } from "../testing/fake_plugin_host.ts";

const HOBBIT = { externalId: "42", title: "The Hobbit", year: 1937 };
const get = () => SERIES_ANSWER;

/** Auto-matches the scene's series by a plugin with these methods. */
async function match(
  methods: Record<string, FakeMethod>,
  query?: string,
  kind: "series" | "books" = "series",
) {
  await using scene = await createScene();
  const { fixture } = scene;
  const pluginId = fixture.pluginHost.add({
    "metadata/series/get": get,
    "metadata/book/get": get,
    ...methods,
  });
  const id = kind === "series" ? scene.series.id : scene.book.id;
  const body = { pluginId, ...(query !== undefined && { query }) };
  const answer = await fixture.expect(
    AutoMatchAnswer,
    "POST",
    `/${kind}/${id}/metadata/auto-match`,
    body,
  );
  const series = await fixture.expect(Series, "GET", `/series/${scene.series.id}`);
  return { answer, series, calls: fixture.pluginHost.calls };
}

Deno.test("a sure match of the plugin's is applied", async () => {
  const { answer, series, calls } = await match({
    "metadata/series/match": () => ({ match: HOBBIT, confidence: 0.95 }),
  });
  assert.deepEqual([answer.success, answer.matchedResult?.externalId], [true, "42"]);
  assert.ok(answer.appliedFields.includes("title"));
  assert.equal(series.title, "The Hobbit");
  assert.deepEqual(calls[0]?.params, { title: "Hobbit", year: 1937, author: "J.R.R. Tolkien" });
});

Deno.test("an unsure match is told and nothing is written", async () => {
  for (const confidence of [0, 0.79]) {
    const { answer, series } = await match({
      "metadata/series/match": () => ({ match: HOBBIT, confidence }),
    });
    assert.deepEqual([answer.success, answer.appliedFields], [false, []]);
    assert.match(answer.message, /"The Hobbit", is too unsure/);
    assert.equal(series.title, "Hobbit");
  }
  const none = await match({ "metadata/series/match": () => ({ match: null, confidence: 0 }) });
  assert.match(none.answer.message, /no match/);
});

Deno.test("a query takes the title's place", async () => {
  const { answer, calls } = await match({
    "metadata/series/match": () => ({
      match: { externalId: "9", title: "Dune", year: 1937 },
      confidence: 0.9,
    }),
  }, "Dune");
  assert.deepEqual([answer.success, calls[0]?.params["title"]], [true, "Dune"]);
});

Deno.test("a book is matched by its authors too", async () => {
  const { answer, calls } = await match(
    { "metadata/book/match": () => ({ match: HOBBIT, confidence: 0.8 }) },
    undefined,
    "books",
  );
  assert.equal(answer.success, true);
  assert.deepEqual(calls[0]?.params, { title: "Hobbit", authors: ["J.R.R. Tolkien"] });
});

Deno.test("a known external id of the plugin's source is used where the admin wants it", async () => {
  await using scene = await createScene();
  const { fixture, series } = scene;
  await fixture.call("POST", `/api/v1/series/${series.id}/external-ids`, {
    body: { source: "api:fake", externalId: "77" },
  });
  const methods = {
    "metadata/series/get": (params: Record<string, unknown>) => ({
      ...SERIES_ANSWER,
      externalId: String(params["externalId"]),
    }),
    "metadata/series/match": () => ({ match: HOBBIT, confidence: 1 }),
  };
  for (const [useExistingExternalId, expected] of [[true, "77"], [false, "42"]] as const) {
    const pluginId = fixture.pluginHost.add(
      methods,
      { useExistingExternalId },
      { externalIdSource: "api:fake" },
    );
    const url = `/series/${series.id}/metadata/auto-match`;
    const answer = await fixture.expect(AutoMatchAnswer, "POST", url, { pluginId });
    assert.equal(answer.matchedResult?.externalId, expected);
  }
});

Deno.test("what is too large in a match is left out and told, whether it is applied or not", async () => {
  for (const confidence of [0.5, 0.95]) {
    const { answer } = await match({
      "metadata/series/match": () => ({
        match: { ...HOBBIT, coverUrl: "u".repeat(4097) },
        confidence,
        alternatives: [{ externalId: "7", title: "t".repeat(1001) }],
      }),
    });
    assert.equal(answer.success, confidence > 0.8);
    assert.equal(answer.matchedResult?.coverUrl, undefined);
    assert.deepEqual(answer.ignored.slice(0, 3).map(({ pointer }) => pointer).sort(), [
      "/alternatives/0",
      "/alternatives/0/title",
      "/match/coverUrl",
    ]);
  }
});

Deno.test("a record's title that is too large is not shown as the match's", async () => {
  await using scene = await createScene();
  const { fixture, series } = scene;
  await fixture.call("POST", `/api/v1/series/${series.id}/external-ids`, {
    body: { source: "api:fake", externalId: "77" },
  });
  const pluginId = fixture.pluginHost.add(
    { "metadata/series/get": () => ({ ...SERIES_ANSWER, title: "t".repeat(2_000_000) }) },
    { useExistingExternalId: true },
    { externalIdSource: "api:fake" },
  );
  const url = `/series/${series.id}/metadata/auto-match`;
  const answer = await fixture.expect(AutoMatchAnswer, "POST", url, { pluginId });
  assert.equal(answer.matchedResult?.title, "Hobbit");
  assert.ok(JSON.stringify(answer).length < 10_000);
  assert.ok(answer.ignored.some(({ pointer }) => pointer === "/title"));
});
