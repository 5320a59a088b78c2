/**
 * Whether this machine still gives plugins what they need. A start that fails, or a process that
 * crashes, may be the machine's fault: bubblewrap was removed, a device became unreadable, the disk
 * is full. So the host then looks at itself, with its own trial programs, before it blames a
 * plugin.
 */
import type { HostFault } from "@codex/protocol";
import { describeError, type Logger } from "@codex/service";
import type { NetworkNeed } from "../domain/network_access.ts";
import { hostFaulty } from "../process/pool_error.ts";
import { RpcError, TransportError } from "../rpc/errors.ts";

/** Gives what is wrong and what to do about it; undefined where all is well. */
export type HostCheck = () => Promise<string | undefined>;

/** The same for what plugins with such a grant need beside that. */
export type NetworkCheck = (need: NetworkNeed) => Promise<string | undefined>;

/** Whom a fault concerns: all plugins, or those with such a grant. */
type Concern = "all" | NetworkNeed;

const WHOM: Readonly<Record<Concern, string>> = {
  "all": "No plugin",
  "hosts": "No plugin with granted hosts",
  "every-host": 'No plugin with the network "*"',
};

export interface HostStateDeps {
  /** Run in this order; the first that finds a fault names it. */
  readonly checks: readonly HostCheck[];
  readonly checkNetwork?: NetworkCheck | undefined;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class HostState {
  readonly #deps: HostStateDeps;
  readonly #faults = new Map<Concern, HostFault>();
  readonly #looking = new Map<Concern, Promise<HostFault | undefined>>();

  constructor(deps: HostStateDeps) {
    this.#deps = deps;
  }

  /** What the last looks found; of several faults the one that concerns the most plugins. */
  get fault(): HostFault | undefined {
    return this.#faults.get("all") ?? [...this.#faults.values()][0];
  }

  /** @throws {PoolError} `host-fault` for what would only fail while a fault lasts */
  refuseFaulty(need?: NetworkNeed): void {
    for (const concern of concernsOf(need)) {
      const fault = this.#faults.get(concern);
      if (fault !== undefined) throw hostFaulty(WHOM[concern], fault.reason);
    }
  }

  /**
   * Tells whose fault an error of a process is.
   *
   * @param need of its plugin's network
   * @returns the error itself, or a `host-fault` where the machine is at fault
   */
  async blame(error: unknown, need?: NetworkNeed): Promise<unknown> {
    if (!mayBeOfHost(error)) return error;
    for (const concern of concernsOf(need)) {
      const fault = await this.#lookAt(concern);
      if (fault !== undefined) return hostFaulty(WHOM[concern], fault.reason);
    }
    return error;
  }

  /**
   * Runs the checks, for a plugin with such a network; who asks meanwhile shares the answer. Never
   * rejects.
   */
  async look(need?: NetworkNeed): Promise<HostFault | undefined> {
    for (const concern of concernsOf(need)) {
      const fault = await this.#lookAt(concern);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** To be repeated: a fault that is over clears by itself. */
  async lookAgain(): Promise<void> {
    for (const concern of [...this.#faults.keys()]) await this.#lookAt(concern);
  }

  #lookAt(concern: Concern): Promise<HostFault | undefined> {
    const looking = this.#looking.get(concern) ??
      this.#findFault(concern).then((reason) => this.#note(concern, reason))
        .finally(() => this.#looking.delete(concern));
    this.#looking.set(concern, looking);
    return looking;
  }

  async #findFault(concern: Concern): Promise<string | undefined> {
    const { checks, checkNetwork, logger } = this.#deps;
    const wanted = concern === "all" ? checks : [async () => await checkNetwork?.(concern)];
    for (const check of wanted) {
      try {
        const reason = await check();
        if (reason !== undefined) return reason;
      } catch (error) {
        logger.error("The host could not check itself", describeError(error));
      }
    }
    return undefined;
  }

  /** Logs the change alone, however often it is looked at. */
  #note(concern: Concern, reason: string | undefined): HostFault | undefined {
    const { logger, now } = this.#deps;
    const before = this.#faults.get(concern);
    if (reason === undefined) {
      if (this.#faults.delete(concern)) logger.info("Plugins can be started again");
      return undefined;
    }
    if (before?.reason === reason) return before;
    logger.error("{whom} can be started: {reason}", { whom: WHOM[concern], reason });
    const fault = { reason, since: before?.since ?? new Date(now()).toISOString() };
    this.#faults.set(concern, fault);
    return fault;
  }
}

function concernsOf(need: NetworkNeed | undefined): Concern[] {
  return need === undefined ? ["all"] : ["all", need];
}

/** What a plugin answered is its own doing, and so is a call that it let wait. */
function mayBeOfHost(error: unknown): boolean {
  if (error instanceof TransportError) return error.kind === "crashed" || error.kind === "closed";
  return error instanceof Error && !(error instanceof RpcError) && "code" in error &&
    typeof error.code === "string";
}
