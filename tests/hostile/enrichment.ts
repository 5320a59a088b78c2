/** A series of an own library that takes over what a hostile plugin answers for it. */
import assert from "node:assert/strict";
import { ApplyAnswer, Series } from "@codex/protocol";
import { z } from "zod";
import { createLibrary, importLines } from "../harness/scenario.ts";
import type { Trial } from "./trial.ts";

const SeriesPage = z.object({ items: z.array(Series) });

export interface Enriched {
  readonly metadata: Series["metadata"];
  /** Pointers to what was left out of the answer. */
  readonly ignored: readonly string[];
  /** Of the page of series that holds it, in UTF-16 code units of JSON. */
  readonly pageLength: number;
}

/** Applies the plugin's record `externalId` to a series, and looks at the series as people do. */
export async function enrichSeries(trial: Trial, externalId: string): Promise<Enriched> {
  const { platform } = trial.arena;
  const library = await createLibrary(platform, `${trial.name} ${externalId}`);
  await importLines(platform, library.id, [{ key: "s", title: "Before" }]);
  const list = `/series?libraryId=${library.id}`;
  const [series] = (await platform.api.expect(SeriesPage, "GET", list)).items;
  assert.ok(series);
  const applied = await platform.api.expect(
    ApplyAnswer,
    "POST",
    `/series/${series.id}/metadata/apply`,
    { pluginId: trial.id, externalId },
  );
  const page = await platform.api.expect(SeriesPage, "GET", list);
  assert.ok(page.items[0]);
  return {
    metadata: page.items[0].metadata,
    ignored: applied.ignored.map(({ pointer }) => pointer),
    pageLength: JSON.stringify(page).length,
  };
}
