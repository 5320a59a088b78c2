/** Lines of the audit log for acts whose owner writes none (security.md: "Web"). */
import type { AuthService, CallContext, Operation } from "@codex/protocol";
import { describeError, type Logger } from "@codex/service";
import type { ForwardAnswer } from "./forwarder.ts";

export interface AuditorOptions {
  readonly auth: Pick<AuthService, "appendAudit">;
  readonly logger: Logger;
}

/** @param id of the path; undefined where the act made what it is about */
export type Audit = (
  context: CallContext,
  id: string | undefined,
  answer: ForwardAnswer,
) => Promise<void>;

/**
 * Writes down what has been done. The act stands even where auth can't take the line any more: then
 * this service's own log has it, as an error.
 *
 * @returns undefined for operations that are audited elsewhere, or not at all
 */
export function createAuditor(
  { audited: action }: Operation,
  { auth, logger }: AuditorOptions,
): Audit | undefined {
  if (action === undefined) return undefined;
  return async (context, id, answer) => {
    if (answer.status >= 300) return;
    const target = id ?? idIn(answer.body);
    try {
      // The line is owed even when the client leaves now.
      const { signal: _, ...lasting } = context;
      await auth.appendAudit(lasting, { action, ...(target !== undefined && { target }) });
    } catch (error) {
      logger.error("The audit log lacks {action} of {target} by {user}", {
        action,
        target,
        user: context.subject?.userId,
        requestId: context.requestId,
        ...describeError(error),
      });
    }
  };
}

function idIn(body: ForwardAnswer["body"]): string | undefined {
  if (!(body instanceof Uint8Array)) return undefined;
  try {
    const { id } = JSON.parse(new TextDecoder().decode(body));
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}
