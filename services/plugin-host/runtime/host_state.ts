/**
 * Whether this machine still gives plugins what they need. A start that fails, or a process that
 * crashes, may be the machine's fault: bubblewrap was removed, a device became unreadable, the disk
 * is full. So the host then looks at itself, with its own trial programs, before it blames a plugin.
 */
import type { HostFault } from "@codex/protocol";
import { describeError, type Logger } from "@codex/service";
import { hostFaulty } from "../process/pool_error.ts";
import { RpcError, TransportError } from "../rpc/errors.ts";

/** Gives what is wrong and what to do about it; undefined where all is well. */
export type HostCheck = () => Promise<string | undefined>;

export interface HostStateDeps {
  /** Run in this order; the first that finds a fault names it. */
  readonly checks: readonly HostCheck[];
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class HostState {
  readonly #deps: HostStateDeps;
  #fault: HostFault | undefined;
  #looking: Promise<HostFault | undefined> | undefined;

  constructor(deps: HostStateDeps) {
    this.#deps = deps;
  }

  /** What the last look found. */
  get fault(): HostFault | undefined {
    return this.#fault;
  }

  /** @throws {PoolError} `host-fault` for what would only fail while a fault lasts */
  refuseFaulty(): void {
    if (this.#fault !== undefined) throw hostFaulty(this.#fault.reason);
  }

  /**
   * Tells whose fault an error of a process is.
   *
   * @returns the error itself, or a `host-fault` where the machine is at fault
   */
  async blame(error: unknown): Promise<unknown> {
    if (!mayBeOfHost(error)) return error;
    const fault = await this.look();
    return fault === undefined ? error : hostFaulty(fault.reason);
  }

  /** Runs the checks; who asks meanwhile shares the answer. Never rejects. */
  look(): Promise<HostFault | undefined> {
    this.#looking ??= this.#findFault().then((reason) => this.#note(reason))
      .finally(() => this.#looking = undefined);
    return this.#looking;
  }

  /** To be repeated: a fault that is over clears by itself. */
  async lookAgain(): Promise<void> {
    if (this.#fault !== undefined) await this.look();
  }

  async #findFault(): Promise<string | undefined> {
    for (const check of this.#deps.checks) {
      try {
        const reason = await check();
        if (reason !== undefined) return reason;
      } catch (error) {
        this.#deps.logger.error("The host could not check itself", describeError(error));
      }
    }
    return undefined;
  }

  /** Logs the change alone, however often it is looked at. */
  #note(reason: string | undefined): HostFault | undefined {
    const { logger, now } = this.#deps;
    if (reason === undefined) {
      if (this.#fault !== undefined) logger.info("Plugins can be started again");
      return this.#fault = undefined;
    }
    if (this.#fault?.reason === reason) return this.#fault;
    logger.error("No plugin can be started: {reason}", { reason });
    const since = this.#fault?.since ?? new Date(now()).toISOString();
    return this.#fault = { reason, since };
  }
}

/** What a plugin answered is its own doing, and so is a call that it let wait. */
function mayBeOfHost(error: unknown): boolean {
  if (error instanceof TransportError) return error.kind === "crashed" || error.kind === "closed";
  return error instanceof Error && !(error instanceof RpcError) && "code" in error &&
    typeof error.code === "string";
}
