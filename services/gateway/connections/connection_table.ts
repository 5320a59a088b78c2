/**
 * Who holds a connection, and who has to go: how many there are in all and per client, and how long
 * one may wait for what its client has to do next.
 */

/** What a connection is doing. */
export type Phase =
  /** No whole head of a request came yet. */
  | "unheard"
  /** Kept alive after an answer. */
  | "idle"
  /** The server works on an answer. */
  | "busy"
  /** The answer is there and the client has to take it. */
  | "answering"
  /** Its last answer was given, and it isn't kept. */
  | "closing";

/** Milliseconds that a connection may stay in a phase; the server's own work is timed elsewhere. */
export type PhaseLimits = Readonly<Record<Exclude<Phase, "busy">, number>>;

export interface TableOptions {
  /** Connections in all. */
  readonly max: number;
  /** Connections of one group of addresses. */
  readonly perGroupMax: number;
  readonly limits: PhaseLimits;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
}

export interface Seat {
  readonly group: string;
  phase: Phase;
  /** When the phase began. */
  since: number;
  /** Ends the connection at once. */
  readonly close: () => void;
}

/**
 * Milliseconds that a connection is left alone before a newcomer may take its place. A browser that
 * has just connected, or has just had an answer, is about to send.
 */
export const GRACE_MS = 1000;

/** Never fewer, however few descriptors there are. */
const LEAST = 8;

const TIMED = ["unheard", "idle", "answering", "closing"] as const;

/** Who waits for the client, and may go when places are short: those that never spoke go first. */
const WAITING = ["unheard", "idle"] as const;

export class ConnectionTable {
  readonly #options: TableOptions;
  /** Each in the order in which the phase began. */
  readonly #byPhase: Readonly<Record<Phase, Set<Seat>>> = {
    unheard: new Set(),
    idle: new Set(),
    busy: new Set(),
    answering: new Set(),
    closing: new Set(),
  };
  readonly #byGroup = new Map<string, Set<Seat>>();
  #max: number;
  #count = 0;

  constructor(options: TableOptions) {
    this.#options = options;
    this.#max = options.max;
  }

  get count(): number {
    return this.#count;
  }

  /** How many are taken now: fewer than configured after {@linkcode shrink}. */
  get max(): number {
    return this.#max;
  }

  /**
   * A place for a new connection. Where there is none left, one that has been waiting for its
   * client the longest makes room: the client's own, if it has as many as it may.
   *
   * @returns undefined when every connection is in use: the newcomer is refused
   */
  admit(group: string, close: () => void): Seat | undefined {
    const own = this.#byGroup.get(group);
    if (own !== undefined && own.size >= this.#options.perGroupMax) {
      if (!this.#displace(longestWaiting(own, this.#graceEnd()))) return undefined;
    }
    while (this.#count >= this.#max) {
      if (!this.#displace(this.#longestWaiting())) return undefined;
    }
    const seat: Seat = { group, phase: "unheard", since: this.#options.now(), close };
    this.#byPhase.unheard.add(seat);
    const seats = this.#byGroup.get(group);
    if (seats === undefined) this.#byGroup.set(group, new Set([seat]));
    else seats.add(seat);
    this.#count++;
    return seat;
  }

  enter(seat: Seat, phase: Phase): void {
    if (!this.#byPhase[seat.phase].delete(seat)) return;
    seat.phase = phase;
    seat.since = this.#options.now();
    this.#byPhase[phase].add(seat);
  }

  /** The connection has ended. */
  leave(seat: Seat): void {
    if (!this.#byPhase[seat.phase].delete(seat)) return;
    this.#count--;
    const seats = this.#byGroup.get(seat.group);
    seats?.delete(seat);
    if (seats?.size === 0) this.#byGroup.delete(seat.group);
  }

  /** Ends every connection whose client has let its time pass. */
  sweep(): void {
    const now = this.#options.now();
    const { limits } = this.#options;
    for (const phase of TIMED) {
      for (const seat of this.#byPhase[phase]) {
        if (now - seat.since < limits[phase]) break;
        this.#end(seat);
      }
    }
  }

  /** Ends every connection that nothing is being done for. */
  endWaiting(): void {
    for (const phase of WAITING) {
      for (const seat of this.#byPhase[phase]) this.#end(seat);
    }
  }

  /**
   * Takes only half as many as there are from now on: the process has no descriptors left, and each
   * connection may need another one to the service that answers.
   */
  shrink(): void {
    this.#max = Math.max(LEAST, Math.floor(this.#count / 2));
    for (const phase of WAITING) {
      for (const seat of this.#byPhase[phase]) {
        if (this.#count <= this.#max) return;
        this.#end(seat);
      }
    }
  }

  /** Takes as many as configured again. */
  restore(): void {
    this.#max = this.#options.max;
  }

  #longestWaiting(): Seat | undefined {
    const graceEnd = this.#graceEnd();
    for (const phase of WAITING) {
      const [first] = this.#byPhase[phase];
      if (first !== undefined && first.since <= graceEnd) return first;
    }
    return undefined;
  }

  /** What has been waiting since then, or longer, may go. */
  #graceEnd(): number {
    return this.#options.now() - GRACE_MS;
  }

  #displace(seat: Seat | undefined): boolean {
    if (seat === undefined) return false;
    this.#end(seat);
    return true;
  }

  #end(seat: Seat): void {
    this.leave(seat);
    seat.close();
  }
}

/** Of one client's connections. */
function longestWaiting(seats: ReadonlySet<Seat>, graceEnd: number): Seat | undefined {
  let found: Seat | undefined;
  for (const seat of seats) {
    if (seat.phase !== "unheard" && seat.phase !== "idle") continue;
    if (seat.since > graceEnd) continue;
    if (found === undefined || goesBefore(seat, found)) found = seat;
  }
  return found;
}

function goesBefore(one: Seat, other: Seat): boolean {
  if (one.phase !== other.phase) return one.phase === "unheard";
  return one.since < other.since;
}
