/** The plugin `tests/plugins/storage-probe` on a running platform, and one user's connection to it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Me, type PluginId, ReloadAnswer, syncMethods, UserPlugin } from "@codex/protocol";
import { type Platform, PROJECT_ROOT } from "./platform.ts";
import { grantPlugin } from "./scenario.ts";
import type { ServicePeer } from "./service_peer.ts";

export interface StorageProbe {
  readonly pluginId: PluginId;
  /** Has the plugin do something with its storage; gives what it tells of it. */
  run(command: Record<string, unknown>): Promise<Record<string, unknown>>;
}

/** Installs and grants the plugin, and connects whoever the platform's client is signed in as. */
export async function connectStorageProbe(
  platform: Platform,
  peer: ServicePeer,
): Promise<StorageProbe> {
  await installTestPlugin(platform, "storage-probe");
  const { id: pluginId } = await grantPlugin(platform, "storage-probe");
  const connection = await platform.api.expect(
    UserPlugin,
    "POST",
    `/user/plugins/${pluginId}/enable`,
  );
  assert.equal(connection.status, "connected");
  const { id: userId } = await platform.api.expect(Me, "GET", "/auth/me");
  return {
    pluginId,
    async run(command) {
      const answer = await peer.callPlugin(userId, pluginId, "sync/pullProgress", {
        cursor: JSON.stringify(command),
      });
      assert.ok(answer.ok, JSON.stringify(answer));
      const { nextCursor } = syncMethods["sync/pullProgress"].answer.parse(answer.result);
      return JSON.parse(nextCursor ?? "null");
    },
  };
}

/** Puts a plugin of `tests/plugins` into the platform's folder and has it found. */
export async function installTestPlugin(platform: Platform, name: string): Promise<void> {
  const source = join(PROJECT_ROOT, "tests/plugins", name);
  const target = join(platform.pluginsDir, name);
  await Deno.mkdir(target);
  for await (const { name: file } of Deno.readDir(source)) {
    await Deno.copyFile(join(source, file), join(target, file));
  }
  const { added, errors } = await platform.api.expect(
    ReloadAnswer,
    "POST",
    "/admin/plugins/reload",
  );
  assert.ok(added.includes(name), JSON.stringify(errors));
}
