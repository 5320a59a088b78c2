/** Steps that most whole-platform tests begin with. */
import assert from "node:assert/strict";
import {
  ImportReport,
  Library,
  Plugin,
  PluginList,
  PluginTestAnswer,
  SetupAnswer,
} from "@codex/protocol";
import type { Platform } from "./platform.ts";

export const ADMIN_PASSWORD = "correct horse battery";

/** Makes the first administrator and signs the platform's client in. */
export async function setUpAdmin(platform: Platform): Promise<void> {
  const answer = await platform.api.expect(SetupAnswer, "POST", "/setup/initialize", {
    username: "admin",
    email: "admin@example.org",
    password: ADMIN_PASSWORD,
    setupCode: platform.setupCode,
  });
  platform.api.token = answer.accessToken;
}

export async function findPlugin(platform: Platform, name: string): Promise<Plugin> {
  const { plugins } = await platform.api.expect(PluginList, "GET", "/admin/plugins");
  const plugin = plugins.find((candidate) => candidate.name === name);
  assert.ok(plugin, `There is no plugin "${name}"`);
  return plugin;
}

export interface GrantWishes {
  readonly permissions?: readonly string[];
  readonly network?: readonly string[];
  readonly config?: Record<string, unknown>;
}

/** Configures, tests and grants a found plugin: everything it asks for, unless `wishes` says less. */
export async function grantPlugin(
  platform: Platform,
  name: string,
  wishes: GrantWishes = {},
): Promise<Plugin> {
  const found = await findPlugin(platform, name);
  if (wishes.config !== undefined) {
    await platform.api.expect(Plugin, "PATCH", `/admin/plugins/${found.id}`, {
      config: wishes.config,
    });
  }
  const test = await platform.api.expect(
    PluginTestAnswer,
    "POST",
    `/admin/plugins/${found.id}/test`,
  );
  assert.ok(test.success, test.message);
  const seen = await platform.api.expect(Plugin, "GET", `/admin/plugins/${found.id}`);
  return await platform.api.expect(Plugin, "POST", `/admin/plugins/${found.id}/grant`, {
    permissions: wishes.permissions ?? seen.requestedPermissions,
    network: wishes.network ?? seen.requestedNetwork,
    acceptManifest: seen.manifestDigest,
    acceptWarnings: seen.warnings.map((warning) => warning.name),
  });
}

export async function createLibrary(platform: Platform, name: string): Promise<Library> {
  return await platform.api.expect(Library, "POST", "/libraries", { name });
}

/** Imports `lines`, one series each. */
export async function importLines(
  platform: Platform,
  libraryId: string,
  lines: readonly unknown[],
): Promise<ImportReport> {
  const body = lines.map((line) => JSON.stringify(line) + "\n").join("");
  return await platform.api.expect(ImportReport, "POST", `/libraries/${libraryId}/import`, body);
}
