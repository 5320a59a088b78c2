/** How far an entry reaches, apart from whatever else it says. */
import { ReadingStatus, type SyncEntry } from "@codex/protocol";
import { z } from "zod";

export const Extent = z.object({
  status: ReadingStatus,
  /** Count of books read, and the highest volume's number: a service may keep either as its volumes. */
  volumes: z.number(),
  maxVolume: z.number().optional(),
  maxChapter: z.number().optional(),
  /** Settings whose time is over, see `idle.ts`. */
  idle: z.array(z.string()),
});
export type Extent = z.infer<typeof Extent>;

export function extentOf(entry: SyncEntry, idle: readonly string[]): Extent {
  const { volumes = 0, maxVolume, maxChapter } = entry.progress ?? {};
  return {
    status: entry.status,
    volumes,
    ...(maxVolume !== undefined && { maxVolume }),
    ...(maxChapter !== undefined && { maxChapter }),
    idle: [...idle],
  };
}

/** Volumes that a service can hold of us. */
export function volumesWithin(extent: Extent | undefined): number {
  return Math.max(extent?.volumes ?? 0, extent?.maxVolume ?? 0);
}

/** Chapters that a service can hold of us: some keep the count of books as chapters. */
export function chaptersWithin(extent: Extent | undefined): number {
  return Math.max(extent?.maxChapter ?? 0, extent?.volumes ?? 0);
}

/** The wider of two, number by number. */
export function widest(one: Extent | undefined, other: Extent | undefined): Extent | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const maxVolume = higher(one.maxVolume, other.maxVolume);
  const maxChapter = higher(one.maxChapter, other.maxChapter);
  return {
    status: one.status,
    volumes: Math.max(one.volumes, other.volumes),
    ...(maxVolume !== undefined && { maxVolume }),
    ...(maxChapter !== undefined && { maxChapter }),
    idle: one.idle,
  };
}

/** The higher of two numbers that may be unknown. */
export function higher(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.max(one, other);
}
