/** The reverse methods `storage/*` (protocol.md: "Plugin → host methods"). */
import { z } from "zod";
import { IsoDateTime, Json } from "./json.ts";

export const STORAGE_KEYS_MAX = 100;
/** Of a value's compact JSON in UTF-8. */
export const STORAGE_VALUE_BYTES_MAX = 1_048_576;
export const STORAGE_KEY_CHARACTERS_MAX = 256;

/** Read and delete take any key: limits hold on writes only. */
export const StorageKeyParams = z.object({ key: z.string() });
export const StorageSetParams = z.object({
  key: z.string(),
  data: Json,
  expiresAt: IsoDateTime.optional(),
});

export const StorageGetResult = z.object({ data: Json, expiresAt: IsoDateTime.optional() });
export const StorageSetResult = z.object({ success: z.boolean() });
export const StorageDeleteResult = z.object({ deleted: z.boolean() });
export const StorageEntry = z.object({
  key: z.string(),
  expiresAt: IsoDateTime.optional(),
  updatedAt: IsoDateTime,
});
export const StorageListResult = z.object({ keys: z.array(StorageEntry) });
export const StorageClearResult = z.object({ deletedCount: z.int() });

export type StorageSetParams = z.infer<typeof StorageSetParams>;
export type StorageGetResult = z.infer<typeof StorageGetResult>;
export type StorageListResult = z.infer<typeof StorageListResult>;

/** Parameters and result of each reverse storage method. */
export const storageMethods = {
  "storage/get": { params: StorageKeyParams, result: StorageGetResult },
  "storage/set": { params: StorageSetParams, result: StorageSetResult },
  "storage/delete": { params: StorageKeyParams, result: StorageDeleteResult },
  "storage/list": { params: z.object({}), result: StorageListResult },
  "storage/clear": { params: z.object({}), result: StorageClearResult },
} as const;
export type StorageMethod = keyof typeof storageMethods;
