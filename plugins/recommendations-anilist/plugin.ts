/** AniList recommendations: what readers at anilist.co like who like what the reader likes. */
import {
  type CallContext,
  createRecommendationPlugin,
  InvalidParamsError,
  type ManifestInput,
  type Plugin,
} from "@codex/plugin-sdk";
import type { GraphqlClient } from "@codex/plugin-sdk/graphql";
import { systemClock } from "@codex/plugin-sdk/pacing";
import {
  adminSetupInstructions,
  apiUrlField,
  EXTERNAL_ID_SOURCE,
  network,
  oauth,
  userSetupInstructions,
} from "./anilist/account.ts";
import { type ClientDeps, createClient, requireToken } from "./anilist/client.ts";
import { parseMediaId } from "./anilist/media.ts";
import { Dismissals } from "./dismissals.ts";
import { recommend } from "./recommend.ts";
import { type Filters, readFilters, userConfigSchema } from "./settings.ts";

const manifest: ManifestInput = {
  name: "recommendations-anilist",
  displayName: "AniList recommendations",
  version: "0.1.0",
  description: "Recommends manga that readers at anilist.co like who like what you like",
  author: "Codex",
  homepage: "https://anilist.co",
  capabilities: { externalIdSource: EXTERNAL_ID_SOURCE },
  configSchema: { fields: [apiUrlField] },
  userConfigSchema,
  oauth,
  network,
  adminSetupInstructions,
  userSetupInstructions,
  searchURITemplate: "https://anilist.co/search/manga?search=<title>",
};

/** What onInitialize made, which the SDK runs before any handler. */
interface Started {
  readonly client: GraphqlClient;
  readonly filters: Filters;
}

export function createRecommendationsAnilist(
  deps: ClientDeps = { fetch, clock: systemClock },
): Plugin {
  let started: Started | undefined;
  const dismissals = new Dismissals();

  function begin(context: CallContext) {
    requireToken(context);
    if (started === undefined) throw new TypeError("Not initialized");
    return { call: started.client.within(context), filters: started.filters };
  }

  return createRecommendationPlugin({
    manifest,
    onInitialize(session) {
      started = { client: createClient(session, deps), filters: readFilters(session.userConfig) };
    },
    async get(params, context) {
      const scope = begin(context);
      const dismissed = await dismissals.ids(context.storage);
      return { recommendations: await recommend(params, { ...scope, dismissed }) };
    },
    async dismiss({ externalId, reason }, { storage }) {
      if (parseMediaId(externalId) === undefined) {
        throw new InvalidParamsError(`"${externalId}" is no id of AniList`);
      }
      await dismissals.add(storage, externalId, reason);
      return { dismissed: true };
    },
    async clear(_params, { storage }) {
      return { cleared: await dismissals.clear(storage) };
    },
  });
}
