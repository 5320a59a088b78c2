import { deleteFlowsEndedBefore } from "../db/oauth_flow_queries.ts";
import { deleteEndedSessions } from "../db/session_queries.ts";
import { deleteExpiredCounters } from "../db/throttle_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { EXPIRED_FLOW_KEPT_MS } from "../domain/oauth_flow.ts";
import { sessionLimits } from "../domain/session_lifetime.ts";

/** Removes what has expired. Nothing depends on it: what expired counts as gone before it is swept. */
export async function sweepExpired(deps: Pick<AuthDeps, "db" | "now">): Promise<void> {
  const now = deps.now();
  await deleteEndedSessions(deps.db, sessionLimits(now));
  await deleteExpiredCounters(deps.db, now);
  await deleteFlowsEndedBefore(deps.db, new Date(now - EXPIRED_FLOW_KEPT_MS));
}
