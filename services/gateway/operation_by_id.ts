import type { Operation } from "@codex/protocol";
import { OPERATIONS } from "@codex/protocol/operations";

/** A row of the table of operations; a name that isn't there is a mistake in the code. */
export function operationById(id: string): Operation {
  const operation = OPERATIONS.find((one) => one.id === id);
  if (operation === undefined) throw new TypeError(`There is no operation "${id}"`);
  return operation;
}
