import assert from "node:assert/strict";
import type { LibraryEntry } from "@codex/plugin-sdk";
import { chooseSeeds, SEEDS_MAX } from "./seeds.ts";

function series(seriesId: string, entry: Partial<LibraryEntry> = {}): LibraryEntry {
  return {
    seriesId,
    title: seriesId,
    alternateTitles: [],
    genres: [],
    tags: [],
    externalIds: [{ source: "api:anilist", externalId: "7" }],
    booksRead: 1,
    booksOwned: 1,
    ...entry,
  };
}

const namesOf = (...library: LibraryEntry[]) =>
  chooseSeeds(library).map(({ entry }) => entry.seriesId);

Deno.test("the highest rated come first, then the completed, then the last read", () => {
  const chosen = namesOf(
    series("never read at a known time"),
    series("read long ago", { lastReadAt: "2020-01-01T00:00:00Z" }),
    series("read lately", { lastReadAt: "2026-01-01T00:00:00Z" }),
    series("good", { userRating: 80 }),
    series("best", { userRating: 95 }),
    series("completed", { readingStatus: "completed" }),
  );
  assert.deepEqual(chosen, [
    "best",
    "good",
    "completed",
    "read lately",
    "read long ago",
    "never read at a known time",
  ]);
});

Deno.test("what nothing tells apart stays in the library's order", () => {
  assert.deepEqual(namesOf(series("z"), series("a"), series("m")), ["z", "a", "m"]);
});

Deno.test("what the reader disliked, dropped or never opened leads to nothing", () => {
  const chosen = namesOf(
    series("disliked", { userRating: 49 }),
    series("dropped", { readingStatus: "dropped" }),
    series("unread", { booksRead: 0 }),
    series("unread but rated", { booksRead: 0, userRating: 50 }),
  );
  assert.deepEqual(chosen, ["unread but rated"]);
});

Deno.test("ids of other sources and of other forms are none", () => {
  const idsOf = (source: string, externalId: string) =>
    chooseSeeds([series("s", { externalIds: [{ source, externalId }] })])[0]?.mediaId;
  assert.equal(idsOf("api:anilist", "30013"), 30013);
  assert.equal(idsOf("api:anilist", "one-piece"), undefined);
  assert.equal(idsOf("api:mangadex", "30013"), undefined);
});

Deno.test("a large library is asked about in part", () => {
  const library = Array.from({ length: 100 }, (_, index) => series(`s${index}`));
  assert.equal(chooseSeeds(library).length, SEEDS_MAX);
});
