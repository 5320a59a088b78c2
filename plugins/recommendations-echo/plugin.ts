/** Echo recommendations: recommends sequels of what the reader has. */
import {
  type CallContext,
  createRecommendationPlugin,
  type Plugin,
  PluginError,
  type Storage,
} from "@codex/plugin-sdk";
import { CallRecord } from "@codex/plugin-sdk/call-record";
import { delay } from "@codex/plugin-sdk/pacing";
import { recommendSequels } from "./sequels.ts";
import { configSchema, failureCode, readSettings, type Settings } from "./settings.ts";

const DISMISSED_KEY = "dismissed";
const PROFILE_KEY = "profile";
const RETRY_AFTER_SECONDS = 30;

/** What onInitialize made, which the SDK runs before any handler. */
interface Started {
  readonly settings: Settings;
  readonly record: CallRecord;
}

export function createRecommendationsEcho(): Plugin {
  let started: Started | undefined;

  /** What every handler does first. */
  async function begin(method: string, params: unknown, { signal }: CallContext) {
    if (started === undefined) throw new TypeError("Not initialized");
    const { record, settings } = started;
    record.note(`recommendations/${method}`, params);
    if (settings.delayMs > 0) await delay(settings.delayMs, signal);
    if (settings.failWith !== null) throw failure(settings.failWith);
    return settings;
  }

  return createRecommendationPlugin({
    manifest: {
      name: "recommendations-echo",
      displayName: "Echo recommendations",
      version: "0.1.0",
      description: "Recommends sequels that don't exist, offline and the same every time",
      author: "Codex",
      configSchema,
      capabilities: { externalIdSource: "api:echo" },
    },
    onInitialize(session) {
      started = { settings: readSettings(session.adminConfig), record: new CallRecord(session) };
      started.record.noteSession();
    },
    async get(params, context) {
      const { perSeries } = await begin("get", params, context);
      const dismissed = new Set(await readDismissed(context.storage));
      return { recommendations: recommendSequels(params, perSeries, dismissed) };
    },
    async updateProfile(params, context) {
      await begin("updateProfile", params, context);
      const entriesProcessed = params.entries.length;
      await context.storage.set(PROFILE_KEY, { entriesProcessed });
      return { updated: true, entriesProcessed };
    },
    async clear(params, context) {
      await begin("clear", params, context);
      return { cleared: await context.storage.clear() > 0 };
    },
    async dismiss(params, context) {
      await begin("dismiss", params, context);
      const dismissed = await readDismissed(context.storage);
      if (dismissed.includes(params.externalId)) return { dismissed: true };
      await context.storage.set(DISMISSED_KEY, [...dismissed, params.externalId]);
      return { dismissed: true };
    },
  });
}

async function readDismissed(storage: Storage): Promise<string[]> {
  const { data } = await storage.get(DISMISSED_KEY);
  return Array.isArray(data) ? data.filter((id) => typeof id === "string") : [];
}

function failure(name: NonNullable<Settings["failWith"]>): PluginError {
  const data = name === "rate_limited" ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : undefined;
  return new PluginError(failureCode(name), `Echo was told to fail with ${name}`, data);
}
