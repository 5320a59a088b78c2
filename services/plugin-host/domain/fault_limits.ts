/** When repeated plugin faults turn a plugin off (protocol.md: "Errors" says what is one). */

export interface FaultLimits {
  /** Faults with no success between them. */
  readonly inARow: number;
  /** Faults within `windowSeconds`. */
  readonly inWindow: number;
  readonly windowSeconds: number;
}

/** A plugin's faults as counted in the database, over all replicas. */
export interface FaultTally {
  readonly inARow: number;
  readonly inWindow: number;
}

/** Why a plugin is turned off, for people; undefined while it may go on. */
export function reasonToTurnOff(
  { inARow, inWindow }: FaultTally,
  limits: FaultLimits,
  lastFault: string,
): string | undefined {
  if (inARow >= limits.inARow) {
    return inARow === 1
      ? `Turned off after a fault: ${lastFault}`
      : `Turned off after ${inARow} faults in a row; the last one: ${lastFault}`;
  }
  if (inWindow >= limits.inWindow) {
    const window = describeSeconds(limits.windowSeconds);
    return `Turned off after ${inWindow} faults within ${window}; the last one: ${lastFault}`;
  }
  return undefined;
}

/** In the largest unit that it is a whole number of. */
function describeSeconds(seconds: number): string {
  const units = [["hour", 3600], ["minute", 60], ["second", 1]] as const;
  const [unit, length] = units.find(([, each]) => seconds % each === 0) ?? ["second", 1];
  const count = seconds / length;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
