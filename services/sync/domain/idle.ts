/**
 * Settings by which a plugin changes an entry that was left alone for some days ("pauseAfterDays"). A
 * plugin can only do so to an entry that it is sent, and nothing in the entry changes when its time is
 * over: so that counts as a change.
 */
import type { JsonObject } from "@codex/protocol";

const SUFFIX = "AfterDays";
const DAY_MS = 86_400_000;

/**
 * Names of the settings whose days have passed since the last change of an entry, sorted.
 *
 * @param config of the connection; numbers named `…AfterDays` are days, 0 is off
 */
export function idleSettings(
  config: JsonObject,
  latestUpdatedAt: string | undefined,
  now: number,
): string[] {
  if (latestUpdatedAt === undefined) return [];
  const idleDays = (now - Date.parse(latestUpdatedAt)) / DAY_MS;
  return Object.entries(config)
    .filter(([name, days]) =>
      name.endsWith(SUFFIX) && typeof days === "number" && days > 0 && idleDays >= days
    )
    .map(([name]) => name)
    .sort();
}
