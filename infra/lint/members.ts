/** Whether an expression is `object.property`, written with a dot or in brackets. */
export function isMember(
  node: Deno.lint.MemberExpression,
  object: string,
  property: string,
): boolean {
  if (node.object.type !== "Identifier" || node.object.name !== object) return false;
  return node.computed
    ? node.property.type === "Literal" && node.property.value === property
    : node.property.type === "Identifier" && node.property.name === property;
}
