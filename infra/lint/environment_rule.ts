import { isMember } from "./members.ts";
import { isTest, placeOf } from "./place.ts";

/** A plugin is a program of its own, whose environment the host makes. */
const ALLOWED = /(^|\/)main\.ts$|^(infra|plugins)\//;

/** Configuration is read once, in `main.ts`: everything else gets it as arguments. */
export const environmentRule: Deno.lint.Rule = {
  create(context) {
    const place = placeOf(context.filename);
    if (ALLOWED.test(place) || isTest(place)) return {};
    return {
      MemberExpression(node) {
        if (!isMember(node, "Deno", "env") && !isMember(node, "process", "env")) return;
        context.report({
          node,
          message: "The environment is read in main.ts only",
          hint: "Take the value as an argument, from the service's config",
        });
      },
    };
  },
};
