/** What an entry is kept under. */

declare const brand: unique symbol;
export type EntryKey = string & { readonly [brand]: "EntryKey" };

const BY_ID = "id:";
const BY_TITLE = "title:";

/** @param externalId the plugin's own id; "" for an entry that the service is to find by its title */
export function entryKey(externalId: string, seriesId: string): EntryKey {
  return (externalId === "" ? BY_TITLE + seriesId : BY_ID + externalId) as EntryKey;
}

export function keyOfId(externalId: string): EntryKey {
  return (BY_ID + externalId) as EntryKey;
}

/** The plugin's own id; "" where it is not known yet. */
export function externalIdOf(key: string): string {
  return key.startsWith(BY_ID) ? key.slice(BY_ID.length) : "";
}
