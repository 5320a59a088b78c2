/** What auth does without being asked: purges that are owed, tokens that end, sweeping what has expired. */
import { repeat, type RepeatedTask } from "@codex/service";
import type { AuthDeps } from "./deps.ts";
import { type Purgers, runDuePurges } from "./workflows/purge_worker.ts";
import { markExpired } from "./workflows/renew_token.ts";
import { sweepExpired } from "./workflows/sweep.ts";

const PURGE_EVERY_MS = 5000;
const SWEEP_EVERY_MS = 600_000;
const EXPIRE_EVERY_MS = 60_000;

export interface Background {
  /** Attempts the owed purges now. */
  purgeNow(): void;
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

export function startBackground(
  deps: Pick<AuthDeps, "db" | "now" | "logger"> & { readonly purgers: Purgers },
): Background {
  const start = (name: string, everyMs: number, run: RepeatedTask["run"]) =>
    repeat({ name, everyMs, isDueAtStart: true, run }, deps.logger);
  const purging = start("purge", PURGE_EVERY_MS, () => runDuePurges(deps));
  const sweeping = start("sweep", SWEEP_EVERY_MS, () => sweepExpired(deps));
  const expiring = start("expire tokens", EXPIRE_EVERY_MS, () => markExpired(deps));
  return {
    purgeNow: purging.nudge,
    async stop() {
      await Promise.all([purging.stop(), sweeping.stop(), expiring.stop()]);
    },
  };
}
