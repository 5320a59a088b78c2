/** Plugins that bring a reader's progress to a tracking service and back. */
import { completeManifest, type ManifestInput } from "./manifest.ts";
import { type Handler, method, withoutAbsent } from "./method_table.ts";
import { readNothing } from "./params.ts";
import { definePlugin, type Plugin, type PluginOptions, type Session } from "./plugin.ts";
import type {
  PullAnswer,
  PullParams,
  PushAnswer,
  PushParams,
  SyncStatus,
  UserInfo,
} from "./sync.ts";
import { writePullAnswer, writePushAnswer, writeStatus, writeUserInfo } from "./sync_answers.ts";
import { readPull, readPush } from "./sync_params.ts";

type NoParams = Record<never, never>;

export interface SyncPluginOptions extends PluginOptions {
  manifest: ManifestInput;
  /** Answers `initialize` instead of `manifest`, where settings decide what the plugin is. */
  manifestFor?(session: Session): ManifestInput;
  /** Whose account the credentials open. Throws AuthFailedError when they open none. */
  getUserInfo: Handler<NoParams, UserInfo>;
  /**
   * Writes entries to the service, and says of each what became of it. The same entry may come again:
   * answer "unchanged" then. Never writes less progress than the service has.
   */
  pushProgress: Handler<PushParams, PushAnswer>;
  /** Reads one page of the account's entries; changes nothing at the service. */
  pullProgress: Handler<PullParams, PullAnswer>;
  status?: Handler<NoParams, SyncStatus>;
}

/**
 * Makes a sync plugin; `run()` then serves the host.
 *
 * @throws {TypeError} when the manifest is one that the host would refuse
 */
export function createSyncPlugin(options: SyncPluginOptions): Plugin {
  const { manifest, manifestFor, getUserInfo, pushProgress, pullProgress, status, ...rest } =
    options;
  const complete = (input: ManifestInput) => completeManifest(input, { userReadSync: true });
  return definePlugin({
    ...rest,
    manifest: complete(manifest),
    ...(manifestFor && { manifestFor: (session) => complete(manifestFor(session)) }),
    methods: withoutAbsent({
      "sync/getUserInfo": method(options, getUserInfo, readNothing, writeUserInfo),
      "sync/pushProgress": method(options, pushProgress, readPush, writePushAnswer),
      "sync/pullProgress": method(options, pullProgress, readPull, writePullAnswer),
      "sync/status": method(options, status, readNothing, writeStatus),
    }),
  });
}
