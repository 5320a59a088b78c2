/**
 * auth's audit log, as plugin-host writes to it: a line is stored with what it tells of, and handed over
 * once over all replicas, however long auth is away.
 */
import type { AuthService, CallContext, JsonObject, PluginId } from "@codex/protocol";
import { describeError, type Logger, ProblemError } from "@codex/service";
import { oweAudit, type OwedAudit, settleOneAudit } from "../db/owed_audit_queries.ts";
import type { Executor } from "../db/plugin_queries.ts";

export interface AuditLogDeps {
  readonly db: Executor;
  readonly auth: Pick<AuthService, "appendAudit">;
  readonly logger: Logger;
}

/** What an administrator did. */
export interface AdminAct {
  readonly action: string;
  /** Undefined for what concerns many plugins. */
  readonly target?: PluginId;
  readonly detail: JsonObject;
}

export class AuditLog {
  readonly #deps: AuditLogDeps;
  /** The run under way or the last one; never rejects. */
  #current = Promise.resolve();
  /** The run after it, if anybody waits for one. */
  #next: Promise<void> | undefined;

  constructor(deps: AuditLogDeps) {
    this.#deps = deps;
  }

  /** Stores the line together with what `tx` changes; {@linkcode settle} hands it over. */
  async owe(tx: Executor, context: CallContext, act: AdminAct): Promise<void> {
    const { action, target, detail } = act;
    await oweAudit(tx, {
      action,
      target: target ?? null,
      // plugin-host may not assert users: the acting one is part of the line.
      actorId: context.subject?.userId ?? null,
      requestId: context.requestId,
      detail,
    });
  }

  /** Writes a line about what changed nothing in the database. */
  async note(context: CallContext, act: AdminAct): Promise<void> {
    await this.owe(this.#deps.db, context, act);
    await this.settle();
  }

  /**
   * Hands over everything that is owed, oldest first. What auth doesn't take now is tried again later.
   *
   * @returns when all that was owed before has been tried, by this or a run that others wait for
   */
  settle(): Promise<void> {
    this.#next ??= this.#current.then(() => {
      this.#next = undefined;
      return this.#current = this.#settle();
    });
    return this.#next;
  }

  async #settle(): Promise<void> {
    const { db, logger } = this.#deps;
    try {
      while (await settleOneAudit(db, (line) => this.#deliver(line)));
    } catch (error) {
      logger.warn("A line for the audit log waits for auth", describeError(error));
    }
  }

  async #deliver({ action, target, actorId, requestId, detail }: OwedAudit): Promise<void> {
    try {
      await this.#deps.auth.appendAudit({ requestId: requestId ?? crypto.randomUUID() }, {
        action,
        ...(target !== null && { target }),
        ...(actorId !== null && { actorId }),
        detail,
      });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // All that come after would wait for it for ever.
      this.#deps.logger.error("The audit log refused {action} of {target}", {
        action,
        target,
        ...describeError(error),
      });
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ProblemError &&
    (error.code === "bad_request" || error.code === "payload_too_large");
}
