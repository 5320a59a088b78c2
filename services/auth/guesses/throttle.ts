/** Counts attempts in PostgreSQL, so that all replicas throttle together. */
import { RateLimiterPostgres, RateLimiterRes } from "rate-limiter-flexible";
import type { Sql } from "@codex/service/database";

export type ThrottleResult =
  | { readonly kind: "allowed" }
  | {
    readonly kind: "throttled";
    readonly retryAfterSeconds: number;
    /** How many attempts past the limit this one is, from 1. */
    readonly beyond: number;
  };

export interface Throttle {
  /** Counts an attempt; those that run at the same time count too. */
  attempt(key: string): Promise<ThrottleResult>;
  /** Takes one attempt back. */
  refund(key: string): Promise<void>;
  /** Forgets all attempts. */
  forget(key: string): Promise<void>;
}

export interface ThrottleLimit {
  /** Tells the counters of several throttles apart. */
  readonly name: string;
  readonly attempts: number;
  readonly windowSeconds: number;
}

/** All throttles of auth (security.md: "login throttled per account and address"). */
export interface Throttles {
  /** Sign-ins to one account from one address. */
  readonly accountAtAddress: Throttle;
  /** Sign-ins to one account from all devices that it doesn't know. */
  readonly account: Throttle;
  /** Sign-ins from one address, from devices that the account doesn't know. */
  readonly address: Throttle;
  /** Sign-ins to one account from one device that it knows. */
  readonly device: Throttle;
  /** The own password in one live session, or with a user's API tokens. */
  readonly session: Throttle;
  /** Setup codes from one address. */
  readonly setup: Throttle;
}

const WINDOW_SECONDS = 900;

export function createThrottles(sql: Sql): Throttles {
  const limit = (name: string, attempts: number) =>
    createThrottle(sql, { name, attempts, windowSeconds: WINDOW_SECONDS });
  return {
    accountAtAddress: limit("account_at_address", 10),
    // Five addresses' worth: one stranger alone doesn't keep everybody else out.
    account: limit("account", 50),
    address: limit("address", 50),
    device: limit("device", 10),
    session: limit("session", 10),
    setup: limit("setup", 100),
  };
}

/** Allows `attempts` in a window that begins with the first one. */
export function createThrottle(sql: Sql, limit: ThrottleLimit): Throttle {
  const limiter = new RateLimiterPostgres({
    storeClient: { query: (statement: Statement) => runStatement(sql, statement) },
    storeType: "client",
    schemaName: "auth",
    tableName: "rate_limits",
    tableCreated: true,
    // Swept with everything else that expires: see workflows/sweep.ts.
    clearExpiredByTimeout: false,
    keyPrefix: limit.name,
    points: limit.attempts,
    duration: limit.windowSeconds,
  });
  return {
    async attempt(key) {
      try {
        await limiter.consume(key);
        return { kind: "allowed" };
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        return {
          kind: "throttled",
          retryAfterSeconds: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)),
          beyond: Math.max(1, refusal.consumedPoints - limit.attempts),
        };
      }
    },
    async refund(key) {
      await limiter.reward(key);
    },
    async forget(key) {
      await limiter.delete(key);
    },
  };
}

interface Statement {
  readonly text: string;
  readonly values: (string | number | null)[];
}

/** What the limiter expects of the driver "pg", on postgres.js. The text is the limiter's own. */
async function runStatement(sql: Sql, { text, values }: Statement) {
  const rows = await sql.unsafe(text, values, { prepare: true });
  return { rows, rowCount: rows.count };
}
