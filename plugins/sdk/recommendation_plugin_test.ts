import assert from "node:assert/strict";
import { HostError } from "./errors.ts";
import type { ManifestInput } from "./manifest.ts";
import type { Recommendation, RecommendationParams } from "./recommendation.ts";
import {
  createRecommendationPlugin,
  type RecommendationPluginOptions,
} from "./recommendation_plugin.ts";
import { startTestHost } from "./testing.ts";

const manifest: ManifestInput = {
  name: "test",
  displayName: "Test",
  version: "1.0.0",
  description: "",
  author: "Codex",
};

const minimal: RecommendationPluginOptions = {
  manifest,
  get: () => ({ recommendations: [] }),
};

const recommendation: Recommendation = { externalId: "1", title: "T", score: 0.5, reason: "R" };

async function answerOf(
  options: Partial<RecommendationPluginOptions>,
  method: string,
  params: unknown = {},
) {
  const host = await startTestHost(createRecommendationPlugin({ ...minimal, ...options }));
  try {
    return await host.call(`recommendations/${method}`, params);
  } finally {
    await host.stop();
  }
}

Deno.test("the manifest says that it recommends", () => {
  const { capabilities } = createRecommendationPlugin(minimal).manifest;
  assert.deepEqual(capabilities, { userRecommendationProvider: true });
});

Deno.test("updateProfile, clear and dismiss are not offered without a handler", async () => {
  for (const method of ["updateProfile", "clear", "dismiss"]) {
    await assert.rejects(answerOf({}, method), { code: -32601 });
  }
});

Deno.test("get hands over the library with missing lists as empty, and completes the answer", async () => {
  let seen: RecommendationParams | undefined;
  const get = (params: RecommendationParams) => {
    seen = params;
    return { recommendations: [recommendation] };
  };
  const entry = {
    seriesId: "s",
    title: "Dune",
    booksRead: 2,
    booksOwned: 3,
    userRating: 90,
    externalIds: [{ source: "api:test", externalId: "7" }],
    unknown: 1,
  };
  const answer = await answerOf({ get }, "get", { library: [entry], limit: 5, excludeIds: null });
  assert.deepEqual(JSON.parse(JSON.stringify(seen)), {
    library: [{
      seriesId: "s",
      title: "Dune",
      alternateTitles: [],
      genres: [],
      tags: [],
      externalIds: [{ source: "api:test", externalId: "7" }],
      booksRead: 2,
      booksOwned: 3,
      userRating: 90,
    }],
    limit: 5,
    excludeIds: [],
  });
  const { generatedAt, ...rest } = answer as { generatedAt: string };
  assert.ok(!Number.isNaN(Date.parse(generatedAt)));
  assert.deepEqual(rest, {
    recommendations: [
      { ...recommendation, genres: [], tags: [], basedOn: [], inLibrary: false },
    ],
    cached: false,
  });
});

Deno.test("the other methods hand over their params and answer as they are", async () => {
  const seen: unknown[] = [];
  const note = <Answer>(answer: Answer) => (params: unknown) => {
    seen.push(params);
    return answer;
  };
  const options = {
    updateProfile: note({ updated: true, entriesProcessed: 0 }),
    clear: note({ cleared: true }),
    dismiss: note({ dismissed: true }),
  };
  const profile = await answerOf(options, "updateProfile", { entries: [] });
  assert.deepEqual(profile, { updated: true, entriesProcessed: 0 });
  assert.deepEqual(await answerOf(options, "clear"), { cleared: true });
  const dismissal = { externalId: "1", reason: "already_read" };
  assert.deepEqual(await answerOf(options, "dismiss", dismissal), { dismissed: true });
  assert.deepEqual(seen, [{ entries: [] }, {}, dismissal]);
});

Deno.test("wrong params are refused, and every wrong field is named with its place", async () => {
  const cases: [string, unknown, string][] = [
    ["get", {}, '"library" must be a list'],
    [
      "get",
      { library: [{ title: 1, userRating: 200, externalIds: [{}] }], limit: 0, excludeIds: [1] },
      '"library[0].seriesId" must be a non-empty string; "library[0].title" must be a string; ' +
      '"library[0].externalIds[0].source" must be a non-empty string; ' +
      '"library[0].externalIds[0].externalId" must be a non-empty string; ' +
      '"library[0].userRating" must be a number from 0 to 100; ' +
      '"limit" must be a whole number of 1 or more; "excludeIds" must be a list of strings',
    ],
    ["updateProfile", {}, '"entries" must be a list'],
    [
      "dismiss",
      { reason: "bored" },
      '"externalId" must be a non-empty string; ' +
      '"reason" must be one of not_interested, already_read, already_owned',
    ],
  ];
  const options: Partial<RecommendationPluginOptions> = {
    updateProfile: () => ({ updated: true, entriesProcessed: 0 }),
    dismiss: () => ({ dismissed: true }),
  };
  for (const [method, params, message] of cases) {
    await assert.rejects(answerOf(options, method, params), new HostError(-32602, message));
  }
});

Deno.test("answers that the host would refuse are an internal error that names the handler", async () => {
  // What an author without type checking can write.
  const wrong = (value: unknown) => () => value as never;
  const cases: [string, unknown, RegExp][] = [
    ["get", undefined, /"get" must return/],
    ["get", { recommendations: [{ title: "T" }] }, /"externalId"/],
    ["get", { recommendations: [{ externalId: "1", title: "T" }] }, /"title" and a "reason"/],
    ["get", { recommendations: [{ ...recommendation, score: 1.5 }] }, /"score" from 0 to 1/],
    ["updateProfile", {}, /"updateProfile" must return/],
    ["clear", true, /"clear" must return/],
    ["dismiss", null, /"dismiss" must return/],
  ];
  for (const [handler, value, message] of cases) {
    const params = { library: [], entries: [], externalId: "1" };
    const answer = answerOf({ [handler]: wrong(value) }, handler, params);
    await assert.rejects(answer, { code: -32603, message });
  }
});
