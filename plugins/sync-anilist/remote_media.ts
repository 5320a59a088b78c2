/** What AniList has of the works that are about to be written. */
import type { GraphqlCall } from "@codex/plugin-sdk/graphql";
import { type JsonObject, numberOf, objectOf, objectsOf, textOf } from "./anilist/json.ts";
import { DATE_FIELDS } from "./fuzzy_date.ts";

/** AniList's most for a page, so as many works are read in one request. */
export const MEDIA_PER_REQUEST = 50;

/** Read by the works and not by the lists: it tells totals, and which ids exist at all. */
export const MEDIA_OPERATION = `query ($ids: [Int], $perPage: Int) {
  Page(page: 1, perPage: $perPage) {
    media(id_in: $ids, type: MANGA) {
      id chapters volumes
      mediaListEntry {
        status score(format: POINT_100) progress progressVolumes notes updatedAt
        private hiddenFromStatusLists startedAt ${DATE_FIELDS} completedAt ${DATE_FIELDS}
      }
    }
  }
}`;

export interface RemoteMedia {
  readonly id: number;
  /** Undefined while a work goes on. */
  readonly totalChapters: number | undefined;
  readonly totalVolumes: number | undefined;
  /** Null when it is not on the reader's list. */
  readonly entry: RemoteEntry | null;
}

export interface RemoteEntry {
  /** Of AniList; another than the known ones may come. */
  readonly status: string | undefined;
  readonly progress: number;
  readonly progressVolumes: number;
  /** 0 is not rated. */
  readonly scoreRaw: number;
  readonly notes: string | undefined;
  /** Whether a date is there, of which parts may be unknown. */
  readonly hasStarted: boolean;
  readonly hasCompleted: boolean;
  readonly private: boolean;
  readonly hiddenFromStatusLists: boolean;
  /** Milliseconds since 1970; 0 when unknown. */
  readonly updatedAt: number;
}

/** Works by id; ids that are no manga of AniList's are not in it. */
export async function readMedia(
  call: GraphqlCall,
  ids: readonly number[],
): Promise<Map<number, RemoteMedia>> {
  if (ids.length === 0) return new Map();
  const { Page } = await call.query(MEDIA_OPERATION, { ids, perPage: MEDIA_PER_REQUEST });
  const media = objectsOf(objectOf(Page).media).map(remoteMediaOf);
  return new Map(media.map((found) => [found.id, found]));
}

function remoteMediaOf(media: JsonObject): RemoteMedia {
  return {
    id: numberOf(media.id) ?? 0,
    totalChapters: numberOf(media.chapters) || undefined,
    totalVolumes: numberOf(media.volumes) || undefined,
    entry: media.mediaListEntry ? remoteEntryOf(objectOf(media.mediaListEntry)) : null,
  };
}

function remoteEntryOf(entry: JsonObject): RemoteEntry {
  return {
    status: textOf(entry.status),
    progress: numberOf(entry.progress) ?? 0,
    progressVolumes: numberOf(entry.progressVolumes) ?? 0,
    scoreRaw: numberOf(entry.score) ?? 0,
    notes: textOf(entry.notes),
    hasStarted: numberOf(objectOf(entry.startedAt).year) !== undefined,
    hasCompleted: numberOf(objectOf(entry.completedAt).year) !== undefined,
    private: entry.private === true,
    hiddenFromStatusLists: entry.hiddenFromStatusLists === true,
    updatedAt: (numberOf(entry.updatedAt) ?? 0) * 1000,
  };
}
