import { and, eq, isNull, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import type { PluginId } from "@codex/protocol";
import { BUCKET_WINDOW_SECONDS, type CallBucket } from "../domain/call_bucket.ts";
import type { Executor } from "./plugin_queries.ts";
import { callBuckets } from "./schema.ts";

const Lease = z.object({ granted: z.int(), leftMs: z.number() });
/** `granted` calls within the `leftMs` that are left of the window. */
export type Lease = z.infer<typeof Lease>;

/** How many calls of a bucket go through in a window. */
export interface Limit {
  readonly bucket: CallBucket;
  readonly perMinute: number;
  /** The bucket that this is a part of, whose windows it has: those are opened first. */
  readonly within?: CallBucket;
}

/**
 * Takes up to `wanted` of the calls that a bucket has left in this minute, in one statement: replicas
 * that do so at once wait for each other at the bucket's row.
 */
export async function leaseCalls(
  db: Executor,
  { bucket, perMinute, within }: Limit,
  wanted: number,
): Promise<Lease> {
  const isOver = sql`bucket.window_ends_at is null or bucket.window_ends_at <= now()`;
  const left = sql`least(${wanted}::int, greatest(${perMinute}::int - bucket.leased, 0))`;
  const minuteEnd = sql`now() + make_interval(secs => ${BUCKET_WINDOW_SECONDS})`;
  const windowEnd = within === undefined ? minuteEnd : sql`coalesce((
    select whole.window_ends_at from ${callBuckets} as whole
    where whole.id = ${within.id} and whole.window_ends_at > now()), ${minuteEnd})`;
  const rows = await db.execute(sql`
    insert into ${callBuckets} as bucket
      (id, plugin_id, user_id, window_ends_at, leased, latest_lease)
    values (${bucket.id}, ${bucket.pluginId}, ${bucket.userId ?? null}::uuid, ${windowEnd},
      ${wanted}::int, ${wanted}::int)
    on conflict (id) do update set
      window_ends_at = case when ${isOver} then excluded.window_ends_at
        else bucket.window_ends_at end,
      leased = case when ${isOver} then ${wanted}::int else bucket.leased + ${left} end,
      latest_lease = case when ${isOver} then ${wanted}::int else ${left} end
    returning bucket.latest_lease as granted,
      (extract(epoch from bucket.window_ends_at - now()) * 1000)::float8 as "leftMs"`);
  return Lease.parse(rows[0]);
}

/** Begins a bucket's minute if none is running, so that its parts can have the same one. */
export async function openWindow(db: Executor, bucket: CallBucket): Promise<void> {
  await leaseCalls(db, { bucket, perMinute: 0 }, 0);
}

/** Lets no call of this bucket through for a while, on any replica; a longer pause stands. */
export async function pauseBucket(
  db: Executor,
  bucket: CallBucket,
  seconds: number,
): Promise<void> {
  const pausedUntil = sql`now() + make_interval(secs => ${seconds})`;
  const { id, pluginId, userId } = bucket;
  await db.insert(callBuckets).values({ id, pluginId, userId: userId ?? null, pausedUntil })
    .onConflictDoUpdate({
      target: callBuckets.id,
      set: { pausedUntil: sql`greatest(${callBuckets.pausedUntil}, excluded.paused_until)` },
    });
}

export async function liftPauses(db: Executor, id: PluginId): Promise<void> {
  await db.update(callBuckets).set({ pausedUntil: null }).where(eq(callBuckets.pluginId, id));
}

/** Deletes buckets that limit nothing any more. */
export async function sweepBuckets(db: Executor): Promise<void> {
  const isPast = (column: typeof callBuckets.windowEndsAt | typeof callBuckets.pausedUntil) =>
    or(isNull(column), lt(column, sql`now() - interval '1 hour'`));
  await db.delete(callBuckets).where(
    and(isPast(callBuckets.windowEndsAt), isPast(callBuckets.pausedUntil)),
  );
}
