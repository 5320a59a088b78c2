/** Answers the fields of the schema from catalogue and lists. */
import { AnilistError } from "./anilist_error.ts";
import type { Catalogue, FakeMedia } from "./catalogue.ts";
import type { EntryChange, FuzzyDate, ListEntry, ListGroup, Lists } from "./lists.ts";

export interface FakeUser {
  readonly id: number;
  readonly name: string;
}

/** What an operation is answered from, and for whom. */
export interface Scope {
  readonly catalogue: Catalogue;
  readonly lists: Lists;
  readonly users: ReadonlyMap<number, FakeUser>;
  /** Null without a token. */
  readonly viewer: FakeUser | null;
  saved(before: ListEntry | null, after: ListEntry): void;
}

const PER_PAGE_MAX = 50;
const PER_CHUNK_MAX = 500;
/** The real total is an estimate that misleads. */
const TOTAL = 5_000;

/** Root value of `execute`: functions get the arguments of their field. */
export function rootOf(scope: Scope) {
  return {
    Viewer: () => userAnswer(requireViewer(scope), scope),
    Page: (page: PageArgs) => pageAnswer(page, scope),
    Media: (wanted: MediaArgs) => {
      const media = wanted.id === undefined
        ? scope.catalogue.search(wanted.search ?? "", wanted.type ?? null)[0]
        : scope.catalogue.find(wanted.id);
      if (!media) throw new AnilistError("Not Found.", 404);
      return mediaAnswer(media, scope);
    },
    MediaListCollection: (wanted: CollectionArgs) => collectionAnswer(wanted, scope),
    SaveMediaListEntry: (save: SaveArgs) => saveEntry(save, scope),
    DeleteMediaListEntry: ({ id }: { id?: number }) => {
      const { id: userId } = requireViewer(scope);
      if (!scope.lists.delete(userId, id ?? 0)) throw new AnilistError("Not Found.", 404);
      return { deleted: true };
    },
  };
}

interface PageArgs {
  page?: number;
  perPage?: number;
}

interface MediaArgs {
  id?: number;
  id_in?: number[];
  search?: string;
  type?: string;
}

interface CollectionArgs {
  userId?: number;
  userName?: string;
  type?: string;
  chunk?: number;
  perChunk?: number;
}

interface SaveArgs extends Omit<EntryChange, "startedAt" | "completedAt"> {
  id?: number;
  mediaId?: number;
  score?: number;
  startedAt?: Partial<FuzzyDate>;
  completedAt?: Partial<FuzzyDate>;
}

function requireViewer({ viewer }: Scope): FakeUser {
  if (viewer === null) throw new AnilistError("Unauthorized.", 401);
  return viewer;
}

function userAnswer({ id, name }: FakeUser, { lists }: Scope) {
  return {
    id,
    name,
    avatar: {
      large: `https://img.anilist.example/user/${id}-large.png`,
      medium: `https://img.anilist.example/user/${id}.png`,
    },
    siteUrl: `https://anilist.example/user/${name}`,
    statistics: () => ({ anime: { count: 0 }, manga: { count: lists.of(id).length } }),
  };
}

function pageAnswer({ page = 1, perPage = PER_PAGE_MAX }: PageArgs, scope: Scope) {
  const size = Math.min(perPage, PER_PAGE_MAX);
  let hasNextPage = false;
  const media = ({ id_in, search, type }: MediaArgs) => {
    const found = id_in === undefined
      ? scope.catalogue.search(search ?? "", type ?? null)
      : id_in.map((id) => scope.catalogue.find(id)).filter((known) => known !== null);
    const matching = found.filter((known) => type === undefined || known.type === type);
    hasNextPage = matching.length > page * size;
    return matching.slice((page - 1) * size, page * size).map((known) => mediaAnswer(known, scope));
  };
  const pageInfo = () => ({
    total: TOTAL,
    perPage: size,
    currentPage: page,
    lastPage: Math.ceil(TOTAL / size),
    hasNextPage,
  });
  return { media, pageInfo };
}

function mediaAnswer(media: FakeMedia, scope: Scope): Record<string, unknown> {
  const { id, title } = media;
  return {
    ...media,
    idMal: id % 7 === 0 ? null : id + 100_000,
    title: { ...title, userPreferred: title.romaji ?? title.english ?? title.native },
    startDate: { year: media.startYear, month: null, day: null },
    coverImage: {
      extraLarge: `https://img.anilist.example/media/${id}-xl.jpg`,
      large: `https://img.anilist.example/media/${id}-l.jpg`,
      medium: null,
      color: null,
    },
    meanScore: media.averageScore,
    tags: [{
      id: 1,
      name: "Made up",
      category: "Theme-Other",
      rank: 80,
      isGeneralSpoiler: false,
      isMediaSpoiler: false,
      isAdult: false,
    }],
    mediaListEntry: () => {
      const entry = scope.viewer && scope.lists.find(scope.viewer.id, id);
      return entry && entryAnswer(entry, scope);
    },
    recommendations: ({ perPage = 25 }: PageArgs) => ({
      nodes: media.recommendations.slice(0, perPage).map((recommended) => {
        const found = scope.catalogue.find(recommended.id);
        return {
          id: id * 1000 + recommended.id,
          rating: recommended.rating,
          media: () => mediaAnswer(media, scope),
          mediaRecommendation: found && mediaAnswer(found, scope),
        };
      }),
      pageInfo: { hasNextPage: media.recommendations.length > perPage },
    }),
    siteUrl: `https://anilist.example/manga/${id}`,
  };
}

function collectionAnswer(wanted: CollectionArgs, scope: Scope) {
  const { userId, userName, type, chunk = 1, perChunk = PER_CHUNK_MAX } = wanted;
  if (userId === undefined && userName === undefined) {
    throw new AnilistError("userId or userName is required", 400);
  }
  if (type === undefined) throw new AnilistError("type is required", 400);
  const user = [...scope.users.values()].find(({ id, name }) => id === userId || name === userName);
  if (user === undefined) throw new AnilistError("User not found", 404);
  if (type !== "MANGA") return { lists: [], user: () => userAnswer(user, scope) };
  const size = Math.min(perChunk, PER_CHUNK_MAX);
  const { lists, hasNextChunk } = scope.lists.groups(user.id, { chunk, perChunk: size });
  return {
    lists: lists.map((group) => groupAnswer(group, scope)),
    user: () => userAnswer(user, scope),
    hasNextChunk,
  };
}

function groupAnswer(group: ListGroup, scope: Scope) {
  const isShown = ({ userId, private: hidden }: ListEntry) =>
    !hidden || userId === scope.viewer?.id;
  const entries = group.entries.filter(isShown).map((entry) => entryAnswer(entry, scope));
  return { ...group, entries };
}

function entryAnswer(entry: ListEntry, scope: Scope): Record<string, unknown> {
  return {
    ...entry,
    score: ({ format = "POINT_100" }: { format?: string }) => scoreIn(format, entry.scoreRaw),
    customLists: ({ asArray = false }: { asArray?: boolean }) =>
      asArray
        ? entry.customLists.map((name) => ({ name, enabled: true }))
        : Object.fromEntries(entry.customLists.map((name) => [name, true])),
    media: () => {
      const media = scope.catalogue.find(entry.mediaId);
      return media && mediaAnswer(media, scope);
    },
  };
}

function scoreIn(format: string, raw: number): number {
  switch (format) {
    case "POINT_10_DECIMAL":
      return raw / 10;
    case "POINT_10":
      return Math.round(raw / 10);
    case "POINT_5":
      return Math.round(raw / 20);
    case "POINT_3":
      return Math.ceil(raw / 34);
    default:
      return raw;
  }
}

function saveEntry(save: SaveArgs, scope: Scope) {
  const viewer = requireViewer(scope);
  const { id, mediaId, score, startedAt, completedAt, ...change } = save;
  const byId = scope.lists.of(viewer.id).find((entry) => entry.id === id);
  const workId = byId?.mediaId ?? mediaId;
  if (workId === undefined || scope.catalogue.find(workId) === null) {
    throw new AnilistError("validation", 400);
  }
  const before = scope.lists.find(viewer.id, workId);
  const after = scope.lists.save(viewer.id, workId, {
    ...change,
    // People rate in the format that they chose; the fake's all chose 100 points.
    ...(score !== undefined && change.scoreRaw === undefined && { scoreRaw: score }),
    ...(startedAt && { startedAt: wholeDate(startedAt) }),
    ...(completedAt && { completedAt: wholeDate(completedAt) }),
  });
  scope.saved(before, after);
  return entryAnswer(after, scope);
}

function wholeDate({ year = null, month = null, day = null }: Partial<FuzzyDate>): FuzzyDate {
  return { year, month, day };
}
