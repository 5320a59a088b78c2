import assert from "node:assert/strict";
import { type GraphQLSchema, parse, validate } from "graphql";
import { COMPLEXITY_MAX, complexityOf } from "../../tests/fakes/anilist/complexity.ts";
import { schema } from "../../tests/fakes/anilist/fake_anilist.ts";
import { realSchema } from "../../tests/fakes/anilist/real_schema.ts";
import { viewerOperation } from "./anilist/client.ts";
import { SEARCHES_PER_REQUEST, searchOperation } from "./anilist/title_search.ts";
import { ACCOUNT_FIELDS, COUNT_FIELDS } from "./plugin.ts";
import { LISTS_OPERATION } from "./pull.ts";
import { MEDIA_OPERATION } from "./remote_media.ts";
import { saveOperation, SAVES_PER_REQUEST } from "./save_operation.ts";
import type { SaveArguments } from "./save_plan.ts";

const date = { year: 2026, month: 1, day: 2 };
const everyArgument: Required<SaveArguments> = {
  mediaId: 1,
  status: "CURRENT",
  progress: 1,
  progressVolumes: 1,
  scoreRaw: 1,
  notes: "n",
  startedAt: date,
  completedAt: date,
  private: true,
  hiddenFromStatusLists: true,
};

const operations = {
  viewer: viewerOperation(),
  account: viewerOperation(ACCOUNT_FIELDS),
  count: viewerOperation(COUNT_FIELDS),
  lists: LISTS_OPERATION,
  media: MEDIA_OPERATION,
  search: searchOperation(SEARCHES_PER_REQUEST),
  save: saveOperation(Array.from({ length: SAVES_PER_REQUEST }, () => everyArgument)).document,
  smallestSave: saveOperation([{ mediaId: 1 }]).document,
};

function validateAll(against: GraphQLSchema): void {
  for (const [name, operation] of Object.entries(operations)) {
    assert.deepEqual(validate(against, parse(operation)).map(({ message }) => message), [], name);
  }
}

Deno.test("every operation is valid against the fake's schema", () => validateAll(schema));

Deno.test({
  name: "every operation is valid against AniList's whole schema",
  ignore: realSchema === null,
  fn() {
    assert.ok(realSchema);
    validateAll(realSchema);
  },
});

Deno.test("every operation costs less than AniList allows, a save 17 at most", () => {
  for (const [name, operation] of Object.entries(operations)) {
    const cost = complexityOf(parse(operation));
    assert.ok(cost <= COMPLEXITY_MAX, `${name} costs ${cost}`);
  }
  assert.ok(complexityOf(parse(operations.smallestSave)) <= 17);
});

Deno.test("a save names only the arguments it has, each save on a line of its own", () => {
  const { document, variables } = saveOperation([
    { mediaId: 7, status: "CURRENT" },
    { mediaId: 8, progress: 3 },
  ]);
  assert.deepEqual(document.split("\n"), [
    "mutation ($mediaId0: Int, $status0: MediaListStatus, $mediaId1: Int, $progress1: Int) {",
    "e0: SaveMediaListEntry(mediaId: $mediaId0, status: $status0) { id mediaId }",
    "e1: SaveMediaListEntry(mediaId: $mediaId1, progress: $progress1) { id mediaId }",
    "}",
  ]);
  assert.deepEqual(variables, { mediaId0: 7, status0: "CURRENT", mediaId1: 8, progress1: 3 });
});
