/** When repeated plugin faults turn a plugin off (protocol.md: "Errors" says what is one). */

export interface FaultLimits {
  /** Faults with no success between them. */
  readonly inARow: number;
  readonly perHour: number;
}

export const FAULT_WINDOW_SECONDS = 3600;

/** A plugin's faults as counted in the database, over all replicas. */
export interface FaultTally {
  readonly inARow: number;
  readonly withinHour: number;
}

/** Why a plugin is turned off, for people; undefined while it may go on. */
export function reasonToTurnOff(
  { inARow, withinHour }: FaultTally,
  limits: FaultLimits,
  lastFault: string,
): string | undefined {
  if (inARow >= limits.inARow) {
    return inARow === 1
      ? `Turned off after a fault: ${lastFault}`
      : `Turned off after ${inARow} faults in a row; the last one: ${lastFault}`;
  }
  if (withinHour >= limits.perHour) {
    return `Turned off after ${withinHour} faults within an hour; the last one: ${lastFault}`;
  }
  return undefined;
}
