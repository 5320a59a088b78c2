/** One list of what several plugins recommend. */
import type { ConnectionId, Recommendation } from "@codex/protocol";

/** What one connection's plugin recommends. */
export interface SourceList<Source> {
  readonly connectionId: ConnectionId;
  /** The source of its ids, for instance `api:anilist`; undefined for ids of its own. */
  readonly externalIdSource: string | undefined;
  readonly source: Source;
  readonly items: readonly Recommendation[];
  /** Ids that the reader dismissed. */
  readonly dismissed: ReadonlySet<string>;
}

export interface Recommender<Source> {
  readonly connectionId: ConnectionId;
  readonly externalIdSource: string | undefined;
  readonly source: Source;
  readonly item: Recommendation;
}

export interface Merged<Source> {
  /** The best of those that were merged. */
  readonly item: Recommendation;
  /** Who recommends it, the most convinced first. */
  readonly by: readonly Recommender<Source>[];
}

/**
 * What is the same at several plugins stands once, by the same id of the same source or by the same
 * title and year, with the most convinced one's words. What was dismissed at one of them is gone, also
 * where another has come to recommend it since.
 */
export function mergeRecommendations<Source>(
  lists: readonly SourceList<Source>[],
): Merged<Source>[] {
  const groups = new Groups<Source>();
  const gone = new Set<Group<Source>>();
  const unwanted = new Set(
    lists.flatMap((list) => [...list.dismissed].map((id) => keyOf(list, id))),
  );
  for (const { items, dismissed: _, ...recommender } of lists) {
    for (const item of items) {
      const group = groups.add({ ...recommender, item });
      if (unwanted.has(keyOf(recommender, item.externalId))) gone.add(group);
    }
  }
  return groups.all().filter((group) => !gone.has(group)).map(toMerged).sort(byWorth);
}

interface Group<Source> {
  readonly members: Recommender<Source>[];
}

class Groups<Source> {
  readonly #byId = new Map<string, Group<Source>>();
  readonly #byTitle = new Map<string, Group<Source>[]>();
  readonly #all: Group<Source>[] = [];

  add(member: Recommender<Source>): Group<Source> {
    const idKey = keyOf(member, member.item.externalId);
    const titleKey = foldTitle(member.item.title);
    const group = this.#byId.get(idKey) ?? this.#alike(titleKey, member) ?? this.#begin(titleKey);
    this.#byId.set(idKey, group);
    // A plugin that says the same twice recommends it once.
    if (!group.members.some((other) => other.connectionId === member.connectionId)) {
      group.members.push(member);
    }
    return group;
  }

  all(): Group<Source>[] {
    return this.#all;
  }

  #begin(titleKey: string): Group<Source> {
    const group: Group<Source> = { members: [] };
    this.#all.push(group);
    this.#byTitle.set(titleKey, [...this.#byTitle.get(titleKey) ?? [], group]);
    return group;
  }

  /** Another plugin's of the same title, in the same year where both know it. */
  #alike(titleKey: string, { connectionId, item }: Recommender<Source>): Group<Source> | undefined {
    if (titleKey === "") return undefined;
    return this.#byTitle.get(titleKey)?.find(({ members }) =>
      members.every((other) =>
        other.connectionId !== connectionId && isSameYear(other.item.startYear, item.startYear)
      )
    );
  }
}

/** Ids of one source mean the same whoever tells them; ids without a source are their plugin's own. */
function keyOf(
  { connectionId, externalIdSource }: Pick<
    SourceList<unknown>,
    "connectionId" | "externalIdSource"
  >,
  externalId: string,
): string {
  return `${externalIdSource ?? connectionId}\n${externalId}`;
}

function foldTitle(title: string): string {
  return title.normalize("NFKC").toLowerCase().replaceAll(/[\p{P}\p{S}\s]+/gu, " ").trim();
}

function isSameYear(one: number | undefined, other: number | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

function toMerged<Source>({ members }: Group<Source>): Merged<Source> {
  const by = members.toSorted((one, other) => other.item.score - one.item.score);
  const [best] = by;
  if (best === undefined) throw new TypeError("A group has a member from its start");
  const inLibrary = by.some(({ item }) => item.inLibrary);
  const codexSeriesId = by.find(({ item }) => item.codexSeriesId !== undefined)?.item.codexSeriesId;
  return { by, item: { ...best.item, inLibrary, ...(codexSeriesId && { codexSeriesId }) } };
}

/** The better score first, then what more plugins recommend, then the title. */
function byWorth<Source>(one: Merged<Source>, other: Merged<Source>): number {
  return other.item.score - one.item.score || other.by.length - one.by.length ||
    (one.item.title < other.item.title ? -1 : 1);
}
