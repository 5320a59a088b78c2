import { desc, eq, lt } from "drizzle-orm";
import type { JsonObject, ServiceName } from "@codex/protocol";
import { type Executor, schema } from "./database.ts";

const { auditLog, users } = schema;

export type AuditRow = typeof auditLog.$inferSelect;

export interface AuditLine {
  readonly at: Date;
  /** The service that reports it. */
  readonly source: ServiceName;
  readonly actorId?: string | undefined;
  /** Dotted, such as `user.deleted`. */
  readonly action: string;
  readonly target?: string | undefined;
  readonly detail?: JsonObject;
}

/** Adds a line with the actor's name of this moment. */
export async function insertAuditLine(db: Executor, line: AuditLine): Promise<void> {
  const { actorId, target, detail = {}, ...rest } = line;
  const [actor] = actorId === undefined
    ? []
    : await db.select({ name: users.username }).from(users).where(eq(users.id, actorId));
  await db.insert(auditLog).values({
    ...rest,
    actorId: actorId ?? null,
    actorName: actor?.name ?? null,
    target: target ?? null,
    detail,
  });
}

/** Newest first, older than the line `beforeSeq`. */
export async function listAuditLines(
  db: Executor,
  beforeSeq: number | undefined,
  limit: number,
): Promise<AuditRow[]> {
  return await db.select().from(auditLog)
    .where(beforeSeq === undefined ? undefined : lt(auditLog.seq, beforeSeq))
    .orderBy(desc(auditLog.seq)).limit(limit);
}
