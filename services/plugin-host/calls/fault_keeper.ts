/** Counts plugin faults and turns off a plugin that has too many (protocol.md: "Errors"). */
import type { PluginId } from "@codex/protocol";
import { describeError, type Logger } from "@codex/service";
import {
  type NewFailure,
  recordFault,
  recordOtherFailure,
  turnOffFaulty,
} from "../db/failure_queries.ts";
import type { Executor } from "../db/plugin_queries.ts";
import { type FaultLimits, reasonToTurnOff } from "../domain/fault_limits.ts";
import { plainText } from "../rpc/plain_text.ts";

/** `plugin` counts against its health, `external` shows it as degraded, `noted` is only listed. */
export type FailureWeight = "plugin" | "external" | "noted";

const MESSAGE_LENGTH_MAX = 2000;

export interface FaultKeeperDeps {
  readonly db: Executor;
  readonly limits: FaultLimits;
  /** Ends the plugin's processes and tells the audit log; called once, by the replica that turned it off. */
  readonly onTurnedOff: (id: PluginId) => Promise<void>;
  readonly logger: Logger;
}

export class FaultKeeper {
  readonly #deps: FaultKeeperDeps;

  constructor(deps: FaultKeeperDeps) {
    this.#deps = deps;
  }

  /** Never rejects: a database that is away must not add to what the caller was told. */
  async record(failure: NewFailure, weight: FailureWeight): Promise<void> {
    try {
      await this.#write(
        { ...failure, errorMessage: plainText(failure.errorMessage, MESSAGE_LENGTH_MAX) },
        weight,
      );
    } catch (error) {
      this.#deps.logger.error("A plugin's failure was not recorded", describeError(error));
    }
  }

  async #write(failure: NewFailure, weight: FailureWeight): Promise<void> {
    const { db, limits, logger, onTurnedOff } = this.#deps;
    if (weight !== "plugin") return await recordOtherFailure(db, failure, weight === "external");
    const { pluginId } = failure;
    const tally = await recordFault(db, failure, limits);
    const reason = tally && reasonToTurnOff(tally, limits, failure.errorMessage);
    if (reason === undefined || !await turnOffFaulty(db, pluginId, reason, limits)) return;
    logger.error("Plugin {pluginId}: {reason}", { pluginId, reason });
    // Whose call it was doesn't wait for processes to end.
    onTurnedOff(pluginId).catch((error) =>
      logger.error("Plugin {pluginId} was turned off, but not all of it", {
        pluginId,
        ...describeError(error),
      })
    );
  }
}
