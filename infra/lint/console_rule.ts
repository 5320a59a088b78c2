import { isTest, placeOf } from "./place.ts";

/** A service logs through its logger, which redacts secrets and writes JSON lines. */
export const consoleRule: Deno.lint.Rule = {
  create(context) {
    const place = placeOf(context.filename);
    if (!place.startsWith("services/") || isTest(place)) return {};
    return {
      MemberExpression(node) {
        if (node.object.type !== "Identifier" || node.object.name !== "console") return;
        context.report({ node, message: "Services log through their logger, not the console" });
      },
    };
  },
};
