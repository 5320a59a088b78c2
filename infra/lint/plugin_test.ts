import assert from "node:assert/strict";
import plugin from "./plugin.ts";

/** The ids of the rules that a file breaks. */
function broken(filename: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, filename, source).map(({ id }) => id.replace("codex/", ""));
}

Deno.test("the environment is for main.ts, infra, plugins and tests", () => {
  const source = "Deno.env.get('X'); Deno['env']; process.env.X;";
  const rule = "environment-in-main";
  assert.deepEqual(broken("services/auth/config.ts", source), [rule, rule, rule]);
  assert.deepEqual(broken("shared/service/logger.ts", source), [rule, rule, rule]);
  for (
    const filename of [
      "services/auth/main.ts",
      "services/auth/app_test.ts",
      "services/auth/testing/server.ts",
      "infra/dev/config.ts",
      "plugins/sdk/log.ts",
      "tests/e2e/start.ts",
    ]
  ) assert.deepEqual(broken(filename, source), [], filename);
});

Deno.test("an environment of another name is nobody's business", () => {
  assert.deepEqual(broken("services/auth/app.ts", "config.env; Deno.errors; env.get('X');"), []);
});

Deno.test("processes are for plugin-host, infra and tests", () => {
  const source = `
    import { spawn } from "node:child_process";
    const { fork } = await import("node:child_process");
    new Deno.Command("ls");`;
  const rule = "processes-in-plugin-host";
  assert.deepEqual(broken("services/auth/app.ts", source), [rule, rule, rule]);
  assert.deepEqual(broken("plugins/metadata-echo/main.ts", source), [rule, rule, rule]);
  assert.deepEqual(broken("services/plugin-host/process/spawn.ts", source), []);
  assert.deepEqual(broken("infra/dev/service_run.ts", source), []);
  assert.deepEqual(broken("services/auth/app_test.ts", source), []);
});

Deno.test("services don't write to the console", () => {
  const source = "console.log('x');";
  assert.deepEqual(broken("services/sync/app.ts", source), ["no-console-in-services"]);
  assert.deepEqual(broken("services/sync/app_test.ts", source), []);
  assert.deepEqual(broken("infra/migrate/main.ts", source), []);
});

Deno.test("a service knows another by its client and its types alone", () => {
  const rule = ["service-borders"];
  for (
    const source of [
      'import { createApp } from "@codex/library";',
      'import { type App, createApp } from "@codex/library/app";',
      'import "@codex/library/app";',
      'import { createApp } from "../library/app.ts";',
      'import { createClient } from "../library/client.ts";',
      'export { createApp } from "../library/app.ts";',
      'export * from "@codex/library/app";',
      'await import("@codex/library/app");',
    ]
  ) assert.deepEqual(broken("services/sync/main.ts", source), rule, source);
  for (
    const source of [
      'import { createLibraryClient } from "@codex/library/client";',
      'import type { App } from "@codex/library/app";',
      'import { type App } from "../library/app.ts";',
      'export type { App } from "../library/app.ts";',
      'import { entries } from "./db/schema.ts";',
      'import { createApp } from "@codex/sync/app";',
      'import { readConfig } from "@codex/service";',
    ]
  ) assert.deepEqual(broken("services/sync/main.ts", source), [], source);
});

Deno.test("shared packages know no service", () => {
  const source = 'import { createAuthClient } from "@codex/auth/client";';
  assert.deepEqual(broken("shared/service/mod.ts", source), ["service-borders"]);
  assert.deepEqual(broken("tests/e2e/start.ts", source), []);
});
