/** For tests of what happens while one transaction waits for another. */
import type { Sql } from "@codex/service/database";

const POLL_MS = 5;
const TIMEOUT_MS = 60_000;

/** Resolves once a statement of this database waits for a lock; fails when none does in time. */
export async function untilBlocked(sql: Sql): Promise<void> {
  const until = performance.now() + TIMEOUT_MS;
  while (performance.now() < until) {
    const [row] = await sql<{ waiting: number }[]>`
      select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    if (row !== undefined && row.waiting > 0) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`No statement waited for a lock within ${TIMEOUT_MS} ms`);
}
