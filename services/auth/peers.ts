/** The services that auth calls, through their typed clients. */
import { createLibraryClient } from "@codex/library/client";
import { createPluginHostClient } from "@codex/plugin-host/client";
import type { PluginHostService } from "@codex/protocol";
import type { Identity } from "@codex/service";
import { createStorageClient } from "@codex/storage/client";
import { createSyncClient } from "@codex/sync/client";
import type { AuthConfig } from "./config.ts";
import type { Purgers } from "./workflows/purge_worker.ts";

export function createPeers(
  identity: Identity,
  peers: AuthConfig["peers"],
): { pluginHost: PluginHostService; purgers: Purgers } {
  const pluginHost = createPluginHostClient({ identity, baseUrl: peers["plugin-host"] });
  return {
    pluginHost,
    purgers: {
      "plugin-host": pluginHost,
      library: createLibraryClient({ identity, baseUrl: peers.library }),
      storage: createStorageClient({ identity, baseUrl: peers.storage }),
      sync: createSyncClient({ identity, baseUrl: peers.sync }),
    },
  };
}
