/** Which numbers of chapters and volumes an entry of Codex stands for at AniList. */
import type { SyncProgress } from "@codex/plugin-sdk";
import type { Settings } from "./settings.ts";

/** Whole numbers; what is missing isn't known, and stays as AniList has it. */
export interface ReadNumbers {
  readonly progress?: number;
  readonly progressVolumes?: number;
}

/**
 * AniList's numbers are "read up to here", so the highest number read says more than how many books
 * were read: who owns volumes 5 to 7 and read them is at 7. A known number is sent as what it is,
 * since chapters are never volumes; the unit decides where both are known, and what the plain count
 * of books means where neither is.
 */
export function readNumbers(
  progress: SyncProgress | undefined,
  { progressUnit }: Pick<Settings, "progressUnit">,
): ReadNumbers {
  const volume = floor(progress?.maxVolume);
  const chapter = floor(progress?.maxChapter ?? progress?.chapters);
  const count = floor(progress?.volumes);
  if (progressUnit === "volumes") {
    if (volume !== undefined) return { progressVolumes: volume };
    if (chapter !== undefined) return { progress: chapter };
    return count === undefined ? {} : { progressVolumes: count };
  }
  if (chapter !== undefined) return { progress: chapter };
  if (volume !== undefined) return { progressVolumes: volume };
  return count === undefined ? {} : { progress: count };
}

/** Chapter 10.5 is read: ten whole ones are. */
function floor(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.floor(value);
}
