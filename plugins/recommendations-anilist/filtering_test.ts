import assert from "node:assert/strict";
import { isKnownToReader, passes } from "./filtering.ts";
import { readFilters } from "./settings.ts";

const media = {
  genres: ["Drama", "Mystery"],
  format: "MANGA",
  countryOfOrigin: "JP",
  averageScore: 75,
  isAdult: false,
};

const holds = (config: Record<string, string[] | number | boolean>, changed: object = {}) =>
  passes({ ...media, ...changed }, readFilters(config));

Deno.test("without filters everything passes but what is for adults", () => {
  assert.ok(holds({}));
  assert.ok(holds({}, { genres: null, format: null, countryOfOrigin: null, averageScore: null }));
  assert.equal(holds({}, { isAdult: true }), false);
  assert.ok(holds({ includeAdult: true }, { isAdult: true }));
});

Deno.test("each filter holds by itself, without regard to case", () => {
  assert.ok(holds({ genres: ["mystery", "Comedy"] }));
  assert.equal(holds({ genres: ["Comedy"] }), false);
  assert.ok(holds({ formats: ["manga"] }));
  assert.equal(holds({ formats: ["NOVEL"] }), false);
  assert.ok(holds({ countries: ["KR", "jp"] }));
  assert.equal(holds({ countries: ["KR"] }), false);
  assert.ok(holds({ minimumScore: 75 }));
  assert.equal(holds({ minimumScore: 76 }), false);
});

Deno.test("what a filter asks about and AniList doesn't know fails it", () => {
  assert.equal(holds({ genres: ["Drama"] }, { genres: null }), false);
  assert.equal(holds({ formats: ["MANGA"] }, { format: null }), false);
  assert.equal(holds({ countries: ["JP"] }, { countryOfOrigin: null }), false);
  assert.equal(holds({ minimumScore: 1 }, { averageScore: null }), false);
  assert.ok(holds({ minimumScore: 70 }, { averageScore: null, meanScore: 71 }));
});

Deno.test("what the reader has on their list is known, unless it is only planned", () => {
  assert.equal(isKnownToReader({ mediaListEntry: null }), false);
  assert.equal(isKnownToReader({ mediaListEntry: { status: "PLANNING" } }), false);
  assert.ok(isKnownToReader({ mediaListEntry: { status: "DROPPED" } }));
});
