/** AniList's whole schema, where the machine has it beside the project; tests go without it elsewhere. */
import { buildASTSchema, type DocumentNode, type GraphQLSchema, Kind, parse } from "graphql";

const file = new URL("../../../../shared/data/anilist-schema.graphql", import.meta.url);

const BUILT_IN = new Set(["Int", "Float", "String", "Boolean", "ID"]);

/** Null where there is none, or none may be read. */
export const realSchema: GraphQLSchema | null = readSchema();

function readSchema(): GraphQLSchema | null {
  try {
    return buildASTSchema(withoutBuiltInScalars(parse(Deno.readTextFileSync(file))));
  } catch (thrown) {
    const isAbsent = thrown instanceof Deno.errors.NotFound ||
      thrown instanceof Deno.errors.NotCapable;
    if (isAbsent) return null;
    throw thrown;
  }
}

/** The text defines String, Int and so on, which GraphQL brings itself. */
function withoutBuiltInScalars(document: DocumentNode): DocumentNode {
  const definitions = document.definitions.filter((definition) =>
    definition.kind !== Kind.SCALAR_TYPE_DEFINITION || !BUILT_IN.has(definition.name.value)
  );
  return { ...document, definitions };
}
