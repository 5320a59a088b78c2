import { placeOf, placeOfImport, serviceNames, serviceOf } from "./place.ts";

const MESSAGE = "A service never imports another's runtime code";

/**
 * Services are deployed one by one: of another they know its client and its types
 * (architecture.md: "Services and what each owns"). Shared packages know no service at all.
 */
export const serviceBorderRule: Deno.lint.Rule = {
  create(context) {
    const place = placeOf(context.filename);
    const own = serviceOf(place);
    if (own === undefined && !place.startsWith("shared/")) return {};
    const check = (node: Deno.lint.Node, specifier: string) => {
      const target = targetOf(place, specifier);
      if (target === undefined || target.service === own) return;
      if (target.isClient && own !== undefined) return;
      context.report({
        node,
        message: `${MESSAGE}: "${specifier}"`,
        hint: `Use "@codex/${target.service}/client", or import type`,
      });
    };
    return {
      ImportDeclaration(node) {
        if (!isOfTypes(node)) check(node, node.source.value);
      },
      ExportAllDeclaration(node) {
        if (node.exportKind !== "type") check(node, node.source.value);
      },
      ExportNamedDeclaration(node) {
        if (node.exportKind !== "type" && node.source) check(node, node.source.value);
      },
      ImportExpression(node) {
        if (node.source.type === "Literal") check(node, String(node.source.value));
      },
    };
  },
};

/** `import type …`, or `import { type … }` of nothing else. */
function isOfTypes(node: Deno.lint.ImportDeclaration): boolean {
  if (node.importKind === "type") return true;
  return node.specifiers.length > 0 &&
    node.specifiers.every((specifier) =>
      specifier.type === "ImportSpecifier" && specifier.importKind === "type"
    );
}

function targetOf(
  place: string,
  specifier: string,
): { service: string; isClient: boolean } | undefined {
  const [scope, name, ...rest] = specifier.split("/");
  if (scope === "@codex" && name !== undefined && serviceNames.includes(name)) {
    return { service: name, isClient: rest.join("/") === "client" };
  }
  const path = placeOfImport(place, specifier);
  const service = path === undefined ? undefined : serviceOf(path);
  // A relative path into another service is wrong even to its client: it has a name.
  return service === undefined ? undefined : { service, isClient: false };
}
