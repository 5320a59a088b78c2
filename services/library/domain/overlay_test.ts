import assert from "node:assert/strict";
import { BOOK_FIELDS, SERIES_FIELDS, SeriesMetadata } from "@codex/protocol";
import type { Fields } from "./document.ts";
import { layOver, type Overlay, proposalOf, summarize } from "./overlay.ts";

const STORED: Fields = { title: "The Hobbit", genres: ["Fantasy"], year: 1937 };

function overlay(change: Partial<Overlay> = {}) {
  const fields = layOver({
    kind: "series",
    stored: STORED,
    locks: {},
    proposed: { title: "The Hobbit", summary: "There and back again", genres: ["Classic"] },
    leftOut: new Map(),
    granted: new Set(["metadata:write:*"]),
    ...change,
  });
  return new Map(fields.map((field) => [field.field, field]));
}

Deno.test("every field of the kind has a status, in the schema's order", () => {
  assert.deepEqual([...overlay().keys()], SERIES_FIELDS);
  assert.deepEqual([...overlay({ kind: "book" }).keys()], BOOK_FIELDS);
});

Deno.test("a field is written, unchanged or not provided", () => {
  const fields = overlay();
  assert.equal(fields.get("summary")?.status, "will_apply");
  assert.equal(fields.get("genres")?.status, "will_apply");
  assert.equal(fields.get("title")?.status, "unchanged");
  assert.equal(fields.get("year")?.status, "not_provided");
});

Deno.test("current and proposed values are as the API shows them: lists [], other fields null", () => {
  const fields = overlay();
  assert.deepEqual([fields.get("tags")?.currentValue, fields.get("tags")?.proposedValue], [[], []]);
  assert.equal(fields.get("summary")?.currentValue, null);
  assert.equal(fields.get("year")?.proposedValue, null);
});

Deno.test("locks and missing grants are told by name, a lock first", () => {
  const granted = new Set(["metadata:write:summary"]);
  const fields = overlay({ locks: { genres: true, summary: true }, granted });
  assert.equal(fields.get("summary")?.status, "locked");
  assert.equal(fields.get("genres")?.status, "locked");
  assert.match(fields.get("genres")?.reason ?? "", /metadata:write:genres/);
  assert.equal(fields.get("title")?.status, "no_permission");
  assert.match(fields.get("title")?.reason ?? "", /metadata:write:title/);
});

Deno.test("the summary counts each status", () => {
  const summary = summarize([...overlay().values()]);
  assert.deepEqual(summary, {
    willApply: 2,
    locked: 0,
    noPermission: 0,
    unchanged: 1,
    notProvided: SERIES_FIELDS.length - 3,
  });
});

Deno.test("external ids are laid over by source, with the record's own id of the declared source", () => {
  const stored: Fields = { externalIds: [{ source: "api:other", externalId: "7" }] };
  const answer = SeriesMetadata.parse({ externalId: "42" });
  assert.deepEqual(proposalOf(answer, stored, "api:fake").fields["externalIds"], [
    { source: "api:other", externalId: "7" },
    { source: "api:fake", externalId: "42" },
  ]);
  assert.equal(proposalOf(answer, stored, undefined).fields["externalIds"], undefined);
});

Deno.test("a blank title and text that can't be stored don't come through", () => {
  const answer = SeriesMetadata.parse({ externalId: "1", title: "  ", summary: "a\u0000" });
  assert.deepEqual(proposalOf(answer, {}, undefined).fields, { summary: "a\uFFFD" });
});
