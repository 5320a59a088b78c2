/** Echo sync: pretends to be a tracking service. */
import {
  AuthFailedError,
  type CallContext,
  createSyncPlugin,
  type ManifestInput,
  type Plugin,
  PluginError,
  type Session,
} from "@codex/plugin-sdk";
import { CallRecord } from "@codex/plugin-sdk/call-record";
import { delay } from "@codex/plugin-sdk/pacing";
import { pullPage, pushResults } from "./account.ts";
import {
  configSchema,
  failureCode,
  readSettings,
  readUsername,
  type Settings,
  userConfigSchema,
} from "./settings.ts";

const RETRY_AFTER_SECONDS = 30;

const manifest = {
  name: "sync-echo",
  displayName: "Echo sync",
  version: "0.1.0",
  description: "Pretends to be a tracking service, offline and the same every time",
  author: "Codex",
  configSchema,
  userConfigSchema,
  capabilities: { externalIdSource: "api:echo" },
} satisfies ManifestInput;

/** What onInitialize made, which the SDK runs before any handler. */
interface Started {
  readonly settings: Settings;
  readonly username: string;
  readonly record: CallRecord;
}

export function createSyncEcho(): Plugin {
  let started: Started | undefined;

  /** What every handler does first. */
  async function begin(method: string, params: unknown, context: CallContext): Promise<Started> {
    if (started === undefined) throw new TypeError("Not initialized");
    started.record.note(method, params);
    const { settings } = started;
    if (settings.delayMs > 0) await delay(settings.delayMs, context.signal);
    if (settings.failWith !== null) throw failure(settings.failWith);
    if (settings.auth !== "none" && !context.credentials.access_token) {
      throw new AuthFailedError("Echo needs an access token");
    }
    return started;
  }

  return createSyncPlugin({
    manifest,
    manifestFor: ({ adminConfig }) => manifestOf(readSettings(adminConfig)),
    onInitialize(session) {
      started = start(session);
      started.record.noteSession();
    },
    async getUserInfo(params, context) {
      const { username } = await begin("sync/getUserInfo", params, context);
      const page = `https://echo.example/users/${encodeURIComponent(username)}`;
      const avatarUrl = `${page}/avatar.png`;
      return { externalId: `user:${username}`, username, avatarUrl, profileUrl: page };
    },
    async pushProgress(params, context) {
      const { settings } = await begin("sync/pushProgress", params, context);
      return pushResults(params.entries, settings);
    },
    async pullProgress(params, context) {
      const { settings } = await begin("sync/pullProgress", params, context);
      return pullPage(params, settings);
    },
    async status(params, context) {
      const { settings } = await begin("sync/status", params, context);
      return { externalCount: settings.entryCount };
    },
  });
}

function start(session: Session): Started {
  return {
    settings: readSettings(session.adminConfig),
    username: readUsername(session.userConfig),
    record: new CallRecord(session),
  };
}

/** A pasted token is asked for as a credential; with OAuth the host brings it. */
function manifestOf(settings: Settings): ManifestInput {
  const { auth, oauth, wantsDetailedProgress, wantsFullMetadata } = settings;
  return {
    ...manifest,
    capabilities: { ...manifest.capabilities, wantsDetailedProgress, wantsFullMetadata },
    ...(oauth !== null && { oauth }),
    ...(auth === "token" && {
      requiredCredentials: [{
        key: "access_token",
        label: "Access token",
        description: "Any text",
        required: true,
        sensitive: true,
        type: "password" as const,
      }],
    }),
  };
}

function failure(name: NonNullable<Settings["failWith"]>): PluginError {
  const code = failureCode(name);
  const data = name === "rate_limited" ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : undefined;
  return new PluginError(code, `Echo was told to fail with ${name}`, data);
}
