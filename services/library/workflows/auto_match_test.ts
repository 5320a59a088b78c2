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

Deno.test("a plugin without match is searched and its results judged by likeness", async () => {
  const { answer, calls } = await match({
    "metadata/series/search": () => ({
      results: [
        { externalId: "1", title: "The Hobbit Companion", relevanceScore: 1 },
        { ...HOBBIT, relevanceScore: 0.1, preview: { authors: ["Tolkien, J. R. R."] } },
      ],
    }),
  });
  assert.equal(answer.matchedResult?.externalId, "42");
  assert.deepEqual(calls.map(({ method }) => method), [
    "metadata/series/match",
    "metadata/series/search",
    "metadata/series/get",
  ]);
  const unlike = await match({
    "metadata/series/search": () => ({ results: [{ externalId: "1", title: "Moby Dick" }] }),
  });
  assert.equal(unlike.answer.success, false);
});

Deno.test("a query takes the title's place", async () => {
  const { answer, calls } = await match({
    "metadata/series/search": () => ({ results: [{ externalId: "9", title: "Dune", year: 1937 }] }),
  }, "Dune");
  assert.deepEqual([answer.success, calls[1]?.params["query"]], [true, "Dune"]);
});

Deno.test("a book is searched by its author too", async () => {
  const { answer, calls } = await match(
    {
      "metadata/book/search": () => ({
        results: [{ ...HOBBIT, preview: { authors: ["J.R.R. Tolkien"] } }],
      }),
    },
    undefined,
    "books",
  );
  assert.equal(answer.success, true);
  assert.deepEqual(calls[0]?.params, { title: "Hobbit", authors: ["J.R.R. Tolkien"] });
  assert.deepEqual(calls[1]?.params, { query: "Hobbit", author: "J.R.R. Tolkien", limit: 10 });
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
