/** AniList: brings reading progress to a list at anilist.co and back. */
import {
  type CallContext,
  createSyncPlugin,
  type ManifestInput,
  type Plugin,
  type Session,
} from "@codex/plugin-sdk";
import type { GraphqlCall, GraphqlClient } from "@codex/plugin-sdk/graphql";
import { systemClock } from "@codex/plugin-sdk/pacing";
import {
  adminSetupInstructions,
  apiUrlField,
  EXTERNAL_ID_SOURCE,
  network,
  oauth,
  userSetupInstructions,
} from "./anilist/account.ts";
import { type ClientDeps, createClient, readViewer, requireToken } from "./anilist/client.ts";
import { numberOf, objectOf, textOf } from "./anilist/json.ts";
import { pullPage } from "./pull.ts";
import { pushEntries } from "./push.ts";
import { readSettings, type Settings, userConfigSchema } from "./settings.ts";

export interface SyncAnilistDeps extends ClientDeps {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export const ACCOUNT_FIELDS = "name siteUrl avatar { large }";
export const COUNT_FIELDS = "statistics { manga { count } }";

const manifest: ManifestInput = {
  name: "sync-anilist",
  displayName: "AniList",
  version: "0.1.0",
  description: "Keeps reading progress, scores and notes in step with a list at anilist.co",
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
  readonly settings: Settings;
}

export function createSyncAnilist(
  deps: SyncAnilistDeps = { fetch, clock: systemClock, now: Date.now },
): Plugin {
  let started: Started | undefined;
  // A process serves one connection, so the account stays the same.
  let userId: number | undefined;

  function begin(context: CallContext): { call: GraphqlCall; settings: Settings } {
    requireToken(context);
    if (started === undefined) throw new TypeError("Not initialized");
    return { call: started.client.within(context), settings: started.settings };
  }

  async function viewerId(call: GraphqlCall): Promise<number> {
    userId ??= (await readViewer(call)).id;
    return userId;
  }

  return createSyncPlugin({
    manifest,
    onInitialize(session: Session) {
      const settings = readSettings(session.userConfig);
      started = { client: createClient(session, deps), settings };
    },
    async getUserInfo(_params, context) {
      const { call } = begin(context);
      const { id, viewer } = await readViewer(call, ACCOUNT_FIELDS);
      return {
        externalId: String(id),
        username: textOf(viewer.name) ?? String(id),
        profileUrl: textOf(viewer.siteUrl),
        avatarUrl: textOf(objectOf(viewer.avatar).large),
      };
    },
    async pushProgress({ entries }, context) {
      const { call, settings } = begin(context);
      return await pushEntries(entries, { call, settings, now: deps.now() });
    },
    async pullProgress(params, context) {
      const { call } = begin(context);
      return await pullPage(call, await viewerId(call), params, context.log);
    },
    async status(_params, context) {
      const { call } = begin(context);
      const { viewer } = await readViewer(call, COUNT_FIELDS);
      const { count } = objectOf(objectOf(viewer.statistics).manga);
      return { externalCount: numberOf(count) };
    },
  });
}
