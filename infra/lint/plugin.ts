/** The rules of our own for `deno lint` (named in deno.json). */
import { consoleRule } from "./console_rule.ts";
import { environmentRule } from "./environment_rule.ts";
import { processRule } from "./process_rule.ts";
import { serviceBorderRule } from "./service_border_rule.ts";

const plugin: Deno.lint.Plugin = {
  name: "codex",
  rules: {
    "environment-in-main": environmentRule,
    "processes-in-plugin-host": processRule,
    "no-console-in-services": consoleRule,
    "service-borders": serviceBorderRule,
  },
};

// Deno takes a lint plugin by its default export.
export default plugin;
