import assert from "node:assert/strict";
import { runKillRounds } from "./kill_rounds.ts";

const ROUNDS = 5;
const VOLUMES = 20;
const SEED_MAX = 2 ** 31;

Deno.test("whatever is killed in the middle of a sync, the end is as without", async (t) => {
  const seed = Math.floor(Math.random() * SEED_MAX);
  // `deno task soak sync --seed n` begins with the same rounds.
  await t.step(`by seed ${seed}`, async () => {
    const goOn = (done: number) => done < ROUNDS;
    const say = (line: string) => console.log(line);
    const rounds = await runKillRounds({ seed, volumes: VOLUMES, goOn, say });
    assert.equal(rounds, ROUNDS);
  });
});
