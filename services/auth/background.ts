/** What auth does without being asked: purges that are owed, tokens that end, sweeping what has expired. */
import type { AuthDeps } from "./deps.ts";
import { startWorker } from "./worker.ts";
import { type Purgers, runDuePurges } from "./workflows/purge_worker.ts";
import { markExpired } from "./workflows/renew_token.ts";
import { sweepExpired } from "./workflows/sweep.ts";

const PURGE_INTERVAL_MS = 5000;
const SWEEP_INTERVAL_MS = 600_000;
const EXPIRY_INTERVAL_MS = 60_000;

export interface Background {
  /** Attempts the owed purges now. */
  purgeNow(): void;
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

export function startBackground(
  deps: Pick<AuthDeps, "db" | "now" | "logger"> & { readonly purgers: Purgers },
): Background {
  const { logger } = deps;
  const purging = startWorker({
    name: "purge",
    intervalMs: PURGE_INTERVAL_MS,
    logger,
    run: () => runDuePurges(deps),
  });
  const sweeping = startWorker({
    name: "sweep",
    intervalMs: SWEEP_INTERVAL_MS,
    logger,
    run: () => sweepExpired(deps),
  });
  const expiring = startWorker({
    name: "expire tokens",
    intervalMs: EXPIRY_INTERVAL_MS,
    logger,
    run: () => markExpired(deps),
  });
  return {
    purgeNow: purging.nudge,
    async stop() {
      await Promise.all([purging.stop(), sweeping.stop(), expiring.stop()]);
    },
  };
}
