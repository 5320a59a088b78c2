/** A plugin's recommendations as they are kept, and what is not kept of them. */
import { Recommendation, type SyncNote } from "@codex/protocol";
import { isStorable, storableText } from "./storable_text.ts";

const KEPT_MAX = 200;
/** Longer texts are cut: nobody reads more of one in a list. */
const TEXT_CHARS_MAX = 5000;

export interface KeptRecommendations {
  readonly items: readonly Recommendation[];
  readonly notes: readonly SyncNote[];
}

/**
 * One of each id, as PostgreSQL can keep it.
 *
 * @param known ids of the series that the plugin was told of; another is made up and left out
 */
export function keepRecommendations(
  items: readonly Recommendation[],
  known: ReadonlySet<string>,
): KeptRecommendations {
  const byId = new Map<string, Recommendation>();
  const notes: SyncNote[] = [];
  let beyond = 0;
  for (const { codexSeriesId, ...item } of items) {
    const { externalId } = item;
    if (byId.has(externalId)) continue;
    if (!isStorable(externalId)) {
      const title = storableText(item.title, 100);
      notes.push({ detail: `"${title}" was left out: its id can't be kept` });
    } else if (byId.size === KEPT_MAX) beyond++;
    else {
      for (const field of ["summary", "reason"] as const) {
        if ((item[field]?.length ?? 0) <= TEXT_CHARS_MAX) continue;
        notes.push({ externalId, detail: `Its ${field} was cut to ${TEXT_CHARS_MAX} characters` });
      }
      const isKnown = codexSeriesId !== undefined && known.has(codexSeriesId);
      byId.set(externalId, { ...item, ...(isKnown && { codexSeriesId }) });
    }
  }
  if (beyond > 0) {
    notes.push({ detail: `Only the first ${KEPT_MAX} are kept: ${beyond} more were left out` });
  }
  return { items: storable([...byId.values()]), notes };
}

function storable(items: readonly Recommendation[]): readonly Recommendation[] {
  const text = JSON.stringify(
    items,
    (_, value) => typeof value === "string" ? storableText(value, TEXT_CHARS_MAX) : value,
  );
  return Recommendation.array().parse(JSON.parse(text));
}
