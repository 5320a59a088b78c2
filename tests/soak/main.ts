/**
 * `deno task soak [name …] [--seed n] [--minutes n]`: runs suites by chance for a while. Each prints its seed; the same
 * seed chooses the same again.
 */
import { parseArgs } from "node:util";
import { seededRandom, type Soak } from "./soak.ts";

/** Loaded on demand, so that one suite's parts can't break another. */
const SOAKS: Readonly<Record<string, () => Promise<Soak>>> = {
  hostile: async () => (await import("../hostile/soak.ts")).hostileSoak,
  sync: async () => (await import("../sync/soak.ts")).syncSoak,
};

const SEED_MAX = 2 ** 31;

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: { seed: { type: "string" }, minutes: { type: "string", default: "10" } },
});
const names = positionals.length > 0 ? positionals : Object.keys(SOAKS);
const unknown = names.filter((name) => !(name in SOAKS));
const seed = values.seed === undefined
  ? Math.floor(Math.random() * SEED_MAX)
  : readNumber("seed", values.seed);
const minutes = readNumber("minutes", values.minutes);
if (unknown.length > 0) {
  fail(`No soak "${unknown.join('", "')}": there are ${Object.keys(SOAKS).join(", ")}`);
}

let failures = 0;
for (const name of names) {
  const load = SOAKS[name];
  if (load === undefined) continue;
  const say = (line: string) => console.log(`${name}: ${line}`);
  say(`${minutes} minutes by seed ${seed}`);
  try {
    const run = await load();
    await run({ seed, durationMs: minutes * 60_000, random: seededRandom(seed), say });
    say("held");
  } catch (error) {
    failures++;
    say(`did not hold, by seed ${seed}`);
    console.error(error);
  }
}
Deno.exit(failures > 0 ? 1 : 0);

function readNumber(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0)) fail(`--${name} must be a number, not "${text}"`);
  return number;
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(2);
}
