import assert from "node:assert/strict";
import {
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
} from "graphql";
import { schema } from "./fake_anilist.ts";
import { realSchema } from "./real_schema.ts";

/** `Type.field: type`, `Type.field(argument): type` and `Enum.VALUE` of a whole schema. */
function partsOf(whole: GraphQLSchema): Set<string> {
  const parts = new Set<string>();
  for (const type of Object.values(whole.getTypeMap())) {
    if (isIntrospectionType(type)) continue;
    if (isEnumType(type)) {
      for (const { name } of type.getValues()) parts.add(`${type.name}.${name}`);
    } else if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        parts.add(`${type.name}.${field.name}: ${field.type}`);
      }
    } else if (isObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        parts.add(`${type.name}.${field.name}: ${field.type}`);
        for (const argument of field.args) {
          parts.add(`${type.name}.${field.name}(${argument.name}): ${argument.type}`);
        }
      }
    } else parts.add(type.name);
  }
  return parts;
}

Deno.test({
  name: "the fake's schema has nothing that AniList's has not, under the same names and types",
  ignore: realSchema === null,
  fn() {
    assert.ok(realSchema);
    const real = partsOf(realSchema);
    assert.deepEqual([...partsOf(schema)].filter((part) => !real.has(part)), []);
  },
});
