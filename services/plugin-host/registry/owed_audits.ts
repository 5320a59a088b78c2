import type { AuthService } from "@codex/protocol";
import { settleOneAudit } from "../db/owed_audit_queries.ts";
import type { Executor } from "../db/plugin_queries.ts";

/**
 * Writes what is owed to auth's audit log, of acts that no administrator waits for: once over all
 * replicas, and however long auth is away.
 */
export async function settleOwedAudits(
  db: Executor,
  auth: Pick<AuthService, "appendAudit">,
): Promise<void> {
  const deliver: Parameters<typeof settleOneAudit>[1] = (line) =>
    auth.appendAudit({ requestId: crypto.randomUUID() }, line);
  while (await settleOneAudit(db, deliver));
}
