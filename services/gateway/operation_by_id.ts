import { type Operation, OPERATIONS } from "@codex/protocol";

/** A row of the table of operations; a name that isn't there is a mistake in the code. */
export function operationById(id: string): Operation {
  const operation = OPERATIONS.find((one) => one.id === id);
  if (operation === undefined) throw new TypeError(`There is no operation "${id}"`);
  return operation;
}
