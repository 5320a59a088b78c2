import { isMember } from "./members.ts";
import { isTest, placeOf } from "./place.ts";

/** What spawns: plugin-host, what starts it, and the one function that runs a program to the end. */
const ALLOWED = /^(infra\/|services\/plugin-host\/|shared\/service\/program\.ts$)/;
const MODULES = ["node:child_process", "child_process"];

/** plugin-host is the only service that may spawn (architecture.md: "Services and what each owns"). */
export const processRule: Deno.lint.Rule = {
  create(context) {
    const place = placeOf(context.filename);
    if (ALLOWED.test(place) || isTest(place)) return {};
    const report = (node: Deno.lint.Node) =>
      context.report({ node, message: "Only services/plugin-host starts processes" });
    return {
      MemberExpression(node) {
        if (isMember(node, "Deno", "Command")) report(node);
      },
      ImportDeclaration(node) {
        if (MODULES.includes(node.source.value)) report(node);
      },
      ImportExpression(node) {
        const { source } = node;
        if (source.type === "Literal" && MODULES.includes(String(source.value))) report(node);
      },
    };
  },
};
