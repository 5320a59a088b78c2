/** A plugin's row, every jsonb column parsed: rows of drizzle don't leave `db/`. */
import { z } from "zod";
import {
  ContentType,
  CredentialDelivery,
  EnvEntry,
  Json,
  JsonObject,
  LibraryId,
  Manifest,
  Permission,
  PluginId,
  PluginLogLevel,
  PluginName,
} from "@codex/protocol";

/** What `codex-plugin.json` asks for. */
export const FileWishes = z.object({
  permissions: z.array(z.string()).optional(),
  network: z.array(z.string()).optional(),
});
export type FileWishes = z.infer<typeof FileWishes>;

export const PluginRecord = z.object({
  id: PluginId,
  name: PluginName,
  displayName: z.string(),
  description: z.string(),
  folder: z.string().nullable(),
  folderMissing: z.boolean(),
  command: z.string(),
  args: z.array(z.string()),
  env: z.array(EnvEntry),
  workingDirectory: z.string().nullable(),
  config: JsonObject,
  credentialNames: z.array(z.string()),
  credentialDelivery: CredentialDelivery,
  permissions: z.array(Permission),
  network: z.array(z.string()),
  fileWishes: FileWishes,
  seenManifest: Manifest.nullable(),
  seenDigest: z.string().nullable(),
  pinnedManifest: Manifest.nullable(),
  pinnedDigest: z.string().nullable(),
  grantedAt: z.date().nullable(),
  allowUnsandboxed: z.boolean(),
  libraryIds: z.array(LibraryId),
  rateLimitRequestsPerMinute: z.int().nullable(),
  requestTimeoutSeconds: z.int(),
  logLevel: PluginLogLevel,
  searchQueryTemplate: z.string().nullable(),
  searchPreprocessingRules: Json,
  autoMatchConditions: Json,
  useExistingExternalId: z.boolean(),
  metadataTargets: z.array(ContentType),
  syncCronSchedule: z.string().nullable(),
  sendFullMetadata: z.boolean(),
  sendGenresAndTags: z.boolean(),
  enabled: z.boolean(),
  disabledReason: z.string().nullable(),
  failureCount: z.int(),
  lastFailureAt: z.date().nullable(),
  lastSuccessAt: z.date().nullable(),
  lastExternalFailureAt: z.date().nullable(),
  revision: z.int(),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type PluginRecord = z.infer<typeof PluginRecord>;
