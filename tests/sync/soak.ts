/** `deno task soak sync`: at least a hundred kills in the middle of syncs. */
import type { Soak } from "../soak/soak.ts";
import { runKillRounds } from "./kill_rounds.ts";

const ROUNDS_MIN = 100;
const VOLUMES = 150;

export const syncSoak: Soak = async ({ seed, durationMs, say }) => {
  const until = performance.now() + durationMs;
  await runKillRounds({
    seed,
    volumes: VOLUMES,
    goOn: (done) => done < ROUNDS_MIN || performance.now() < until,
    say,
  });
};
