import { asc, eq } from "drizzle-orm";
import { z } from "zod";
import { JsonObject, PluginId, UserId } from "@codex/protocol";
import type { Executor } from "./plugin_queries.ts";
import { owedAudits } from "./schema.ts";

const OwedAudit = z.object({
  action: z.string(),
  target: PluginId.nullable(),
  actorId: UserId.nullable(),
  requestId: z.string().nullable(),
  detail: JsonObject,
});
export type OwedAudit = z.infer<typeof OwedAudit>;

export async function oweAudit(db: Executor, line: OwedAudit): Promise<void> {
  await db.insert(owedAudits).values(line);
}

/**
 * Hands the oldest line that is owed to `deliver`, and strikes it off once that resolves. No other
 * replica delivers it meanwhile; after a crash in between it is delivered again rather than lost.
 *
 * @returns false when nothing is owed, or others deliver it
 */
export async function settleOneAudit(
  db: Executor,
  deliver: (line: OwedAudit) => Promise<void>,
): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const [row] = await tx.select().from(owedAudits).orderBy(asc(owedAudits.createdAt)).limit(1)
      .for("update", { skipLocked: true });
    if (row === undefined) return false;
    await deliver(OwedAudit.parse(row));
    await tx.delete(owedAudits).where(eq(owedAudits.id, row.id));
    return true;
  });
}
