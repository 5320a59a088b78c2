/** Plugins that say what to read next. */
import { completeManifest, type ManifestInput } from "./manifest.ts";
import { type Handler, method, withoutAbsent } from "./method_table.ts";
import { readNothing } from "./params.ts";
import { definePlugin, type Plugin, type PluginOptions, type Session } from "./plugin.ts";
import type {
  ClearAnswer,
  DismissAnswer,
  DismissParams,
  ProfileAnswer,
  ProfileParams,
  RecommendationAnswer,
  RecommendationParams,
} from "./recommendation.ts";
import {
  writeClearAnswer,
  writeDismissAnswer,
  writeProfileAnswer,
  writeRecommendations,
} from "./recommendation_answers.ts";
import { readDismiss, readProfile, readRecommend } from "./recommendation_params.ts";

export interface RecommendationPluginOptions extends PluginOptions {
  manifest: ManifestInput;
  /** Answers `initialize` instead of `manifest`, where settings decide what the plugin is. */
  manifestFor?(session: Session): ManifestInput;
  get: Handler<RecommendationParams, RecommendationAnswer>;
  /** For plugins that keep a picture of the reader; the others get the library with every `get`. */
  updateProfile?: Handler<ProfileParams, ProfileAnswer>;
  /** Forgets what the plugin keeps of the reader. */
  clear?: Handler<Record<never, never>, ClearAnswer>;
  /** The reader doesn't want to see this one again. */
  dismiss?: Handler<DismissParams, DismissAnswer>;
}

/**
 * Makes a recommendation plugin; `run()` then serves the host.
 *
 * @throws {TypeError} when the manifest is one that the host would refuse
 */
export function createRecommendationPlugin(options: RecommendationPluginOptions): Plugin {
  const { manifest, manifestFor, get, updateProfile, clear, dismiss, ...rest } = options;
  const complete = (input: ManifestInput) =>
    completeManifest(input, { userRecommendationProvider: true });
  return definePlugin({
    ...rest,
    manifest: complete(manifest),
    ...(manifestFor && { manifestFor: (session) => complete(manifestFor(session)) }),
    methods: withoutAbsent({
      "recommendations/get": method(options, get, readRecommend, writeRecommendations),
      "recommendations/updateProfile": method(
        options,
        updateProfile,
        readProfile,
        writeProfileAnswer,
      ),
      "recommendations/clear": method(options, clear, readNothing, writeClearAnswer),
      "recommendations/dismiss": method(options, dismiss, readDismiss, writeDismissAnswer),
    }),
  });
}
