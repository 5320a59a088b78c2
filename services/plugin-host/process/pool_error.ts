import { usesHalf } from "../domain/fair_share.ts";

/** Why no process could be had. */
export class PoolError extends Error {
  override readonly name = "PoolError";

  constructor(
    readonly kind: "no-capacity" | "backing-off" | "data-full" | "host-fault",
    message: string,
    readonly retryAfterSeconds: number,
  ) {
    super(message);
  }
}

const NO_CAPACITY_RETRY_SECONDS = 2;

export function withoutRoom(processesMax: number): PoolError {
  return noCapacity(`All ${processesMax} plugin processes are busy`);
}

/** One process has too much to do. */
export function tooBusy(why: string): PoolError {
  return noCapacity(`The plugin is busy: ${why}`);
}

/** What one holder may have of a process is used up, which leaves the rest to others. */
export function shareUsed(holder: string | undefined, why: string): PoolError {
  return noCapacity(`${usesHalf(holder)} of what the plugin works on at a time: ${why}`);
}

function noCapacity(why: string): PoolError {
  const message = `${why}; try again in ${NO_CAPACITY_RETRY_SECONDS} s`;
  return new PoolError("no-capacity", message, NO_CAPACITY_RETRY_SECONDS);
}

/** An administrator, or the plugin's user by disconnecting, has to make room first. */
const DATA_FULL_RETRY_SECONDS = 60;

/** @param reason says of what there is too much */
export function dataFull(reason: string): PoolError {
  return new PoolError(
    "data-full",
    `The plugin is not started: ${reason}`,
    DATA_FULL_RETRY_SECONDS,
  );
}

/**
 * While a fault of this machine lasts it is looked at this often, and calls are asked to wait as
 * long.
 */
export const HOST_RETRY_SECONDS = 5;

/**
 * @param whom begins a sentence about what can't be started
 * @param reason says what is wrong with this machine, and what to do
 */
export function hostFaulty(whom: string, reason: string): PoolError {
  return new PoolError(
    "host-fault",
    `${whom} can be started now: ${reason}`,
    HOST_RETRY_SECONDS,
  );
}

export function backingOff(waitMs: number): PoolError {
  const seconds = Math.ceil(waitMs / 1000);
  return new PoolError(
    "backing-off",
    `The plugin crashed, it starts again in ${seconds} s`,
    seconds,
  );
}
