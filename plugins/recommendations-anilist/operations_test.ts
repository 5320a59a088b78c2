import assert from "node:assert/strict";
import { type GraphQLSchema, parse, validate } from "graphql";
import { COMPLEXITY_MAX, complexityOf } from "../../tests/fakes/anilist/complexity.ts";
import { schema } from "../../tests/fakes/anilist/fake_anilist.ts";
import { realSchema } from "../../tests/fakes/anilist/real_schema.ts";
import { SEARCHES_PER_REQUEST, searchOperation } from "./anilist/title_search.ts";
import { RELATED_OPERATION } from "./related_media.ts";

const operations = {
  related: RELATED_OPERATION,
  search: searchOperation(SEARCHES_PER_REQUEST),
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

Deno.test("every operation costs less than AniList allows", () => {
  for (const [name, operation] of Object.entries(operations)) {
    const cost = complexityOf(parse(operation));
    assert.ok(cost <= COMPLEXITY_MAX, `${name} costs ${cost}`);
  }
});
