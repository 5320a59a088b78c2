import assert from "node:assert/strict";
import { runKillRounds } from "./kill_rounds.ts";

const ROUNDS = 5;
const SEED_MAX = 2 ** 31;

Deno.test("whatever is killed in the middle of a sync, the end is as without", async () => {
  const seed = Number(Deno.env.get("CODEX_TEST_SEED") ?? Math.floor(Math.random() * SEED_MAX));
  const say = (line: string) => console.log(line);
  say(`seed ${seed}`);
  const rounds = await runKillRounds({ seed, goOn: (done) => done < ROUNDS, say });
  assert.equal(rounds, ROUNDS);
});
