import assert from "node:assert/strict";
import { HostError } from "./errors.ts";
import type { ManifestInput } from "./manifest.ts";
import type { MatchAnswer, SearchAnswer } from "./metadata.ts";
import { createMetadataPlugin, type MetadataPluginOptions } from "./metadata_plugin.ts";
import { startTestHost } from "./testing.ts";

const manifest: ManifestInput = {
  name: "test",
  displayName: "Test",
  version: "1.0.0",
  description: "",
  author: "Codex",
};

const empty = { search: () => ({ results: [] }), get: () => ({ externalId: "1" }) };

async function answerOf(
  options: Omit<MetadataPluginOptions, "manifest">,
  method: string,
  params: unknown,
) {
  const host = await startTestHost(createMetadataPlugin({ manifest, ...options }));
  try {
    return await host.call(method, params);
  } finally {
    await host.stop();
  }
}

Deno.test("the manifest tells which content types have a provider", () => {
  const both = createMetadataPlugin({ manifest, series: empty, book: empty }).manifest;
  assert.deepEqual(both.capabilities.metadataProvider, ["series", "book"]);
  assert.equal(both.protocolVersion, "1.0");
  const capabilities = { externalIdSource: "api:test" };
  const book = createMetadataPlugin({ manifest: { ...manifest, capabilities }, book: empty });
  assert.deepEqual(book.manifest.capabilities, { ...capabilities, metadataProvider: ["book"] });
});

Deno.test("a plugin that the host would refuse can't be made", () => {
  assert.throws(() => createMetadataPlugin({ manifest }), /needs "series" or "book"/);
  for (const wrong of [{ name: "Bad Name" }, { version: "1" }, { displayName: " " }]) {
    const options = { manifest: { ...manifest, ...wrong }, series: empty };
    assert.throws(() => createMetadataPlugin(options), TypeError);
  }
});

Deno.test("methods without a provider, and match without a handler, are not offered", async () => {
  for (const method of ["metadata/book/get", "metadata/series/match"]) {
    await assert.rejects(answerOf({ series: empty }, method, {}), { code: -32601 });
  }
});

Deno.test("wrong params are refused and every wrong field is named", async () => {
  const cases: [string, unknown, string][] = [
    ["metadata/series/search", {}, '"query" must be a non-empty string'],
    [
      "metadata/series/search",
      { query: 5, limit: 0, cursor: 1 },
      '"query" must be a string; "limit" must be a whole number of 1 or more; "cursor" must be a string',
    ],
    ["metadata/series/get", { externalId: " " }, '"externalId" must be a non-empty string'],
    ["metadata/book/search", { year: 1.5 }, '"year" must be a whole number'],
    ["metadata/book/search", { author: "A" }, '"isbn" or "query" must be a non-empty string'],
    ["metadata/book/match", { title: "T", authors: [1] }, '"authors" must be a list of strings'],
    ["metadata/book/get", [], "Params must be an object"],
  ];
  const match = () => ({ match: null, confidence: 0 });
  const provider = { ...empty, match };
  for (const [method, params, message] of cases) {
    const answer = answerOf({ series: provider, book: provider }, method, params);
    await assert.rejects(answer, new HostError(-32602, message));
  }
});

Deno.test("handlers get the known fields, with null read as missing", async () => {
  const seen: unknown[] = [];
  const book = {
    ...empty,
    search: (params: unknown): SearchAnswer => {
      seen.push(params);
      return { results: [] };
    },
    match: (params: unknown): MatchAnswer => {
      seen.push(params);
      return { match: null, confidence: 0 };
    },
  };
  const search = { isbn: "123", query: null, year: -400, limit: 5, unknown: 1 };
  await answerOf({ book }, "metadata/book/search", search);
  await answerOf({ book }, "metadata/book/match", { title: "T", authors: null, isbn: null });
  assert.deepEqual(JSON.parse(JSON.stringify(seen)), [
    { isbn: "123", year: -400, limit: 5 },
    { title: "T", authors: [] },
  ]);
});

Deno.test("lists that a handler leaves out are sent as empty", async () => {
  const search = () => ({ results: [{ externalId: "1", title: "T", preview: { rating: 5 } }] });
  assert.deepEqual(
    await answerOf({ series: { ...empty, search } }, "metadata/series/search", { query: "T" }),
    {
      results: [{
        externalId: "1",
        title: "T",
        alternateTitles: [],
        preview: { rating: 5, genres: [], authors: [] },
      }],
    },
  );
  const get = () => ({ externalId: "1", authors: ["A"] });
  assert.deepEqual(
    await answerOf({ book: { ...empty, get } }, "metadata/book/get", { externalId: "1" }),
    {
      externalId: "1",
      authors: ["A"],
      alternateTitles: [],
      genres: [],
      tags: [],
      artists: [],
      externalRatings: [],
      externalLinks: [],
      externalIds: [],
      isbns: [],
      subjects: [],
      covers: [],
      awards: [],
    },
  );
});

Deno.test("answers that the host would refuse are an internal error that names the handler", async () => {
  // What an author without type checking can write.
  const wrong = (value: unknown) => () => value as never;
  const cases: [string, unknown, unknown, RegExp][] = [
    ["search", { query: "q" }, undefined, /"search" must return/],
    ["search", { query: "q" }, { results: [{ title: "T" }] }, /"externalId"/],
    ["search", { query: "q" }, { results: [{ externalId: "1" }] }, /"title"/],
    ["get", { externalId: "1" }, {}, /"get" returns/],
    ["match", { title: "T" }, { match: null, confidence: 2 }, /"match" must return/],
  ];
  for (const [handler, params, value, message] of cases) {
    const series = { ...empty, [handler]: wrong(value) };
    await assert.rejects(answerOf({ series }, `metadata/series/${handler}`, params), {
      code: -32603,
      message,
    });
  }
});

Deno.test("a provider can be an object with methods that use this", async () => {
  class Provider {
    title = "from this";
    search() {
      return { results: [{ externalId: "1", title: this.title }] };
    }
    get() {
      return { externalId: this.title };
    }
  }
  const answer = await answerOf(
    { series: new Provider() },
    "metadata/series/get",
    { externalId: "x" },
  );
  assert.equal((answer as { externalId: string }).externalId, "from this");
});
