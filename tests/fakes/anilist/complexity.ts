/** What an operation costs: AniList refuses those above 500. */
import { type DocumentNode, Kind, type SelectionSetNode } from "graphql";

export const COMPLEXITY_MAX = 500;

/** A save costs about 17 with what people usually ask back, so that 25 of them fit. */
const SAVE_COST = 10;

/** One for each field, more for a save; fragments count where they are spread. */
export function complexityOf(document: DocumentNode): number {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition.selectionSet);
    }
  }
  const costOf = (selections: SelectionSetNode | undefined): number => {
    let cost = 0;
    for (const selection of selections?.selections ?? []) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        cost += costOf(fragments.get(selection.name.value));
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        cost += costOf(selection.selectionSet);
      } else {
        const own = selection.name.value === "SaveMediaListEntry" ? SAVE_COST : 1;
        cost += own + costOf(selection.selectionSet);
      }
    }
    return cost;
  };
  let cost = 0;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) cost += costOf(definition.selectionSet);
  }
  return cost;
}
