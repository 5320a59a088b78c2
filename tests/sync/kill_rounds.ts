/**
 * Rounds of one platform: the reader goes on here and there, a sync begins, something is killed in the
 * middle of it, and the end must be as without.
 */
import assert from "node:assert/strict";
import { Task } from "@codex/protocol";
import type { SeenSave } from "../fakes/anilist/fake_anilist.ts";
import type { ProcessRow } from "../harness/processes.ts";
import { seededRandom } from "../soak/soak.ts";
import { type AnilistScene, createAnilistScene, inParallel } from "./anilist_scene.ts";

const SERIES = 300;
const CHANGES_PER_ROUND = 120;
const READ_ON_MAX = 3;
/** So that a run lasts, and a kill mostly falls into it. */
const ANILIST_DELAY_MS = 150;
const KILL_WITHIN_MS = 3500;
const ROUND_TIMEOUT_MS = 600_000;
/** Of what the platform printed last, when a round does not hold. */
const OUTPUT_CHARS = 8000;

/** What is killed, by what its command line holds. */
const VICTIMS: Readonly<Record<string, RegExp>> = {
  gateway: /services\/gateway\/main\.ts/,
  auth: /services\/auth\/main\.ts/,
  library: /services\/library\/main\.ts/,
  "plugin-host": /services\/plugin-host\/main\.ts/,
  storage: /services\/storage\/main\.ts/,
  sync: /services\/sync\/main\.ts/,
  plugin: /plugins\/sync-anilist\/main\.ts/,
};

/** Kills must not pass for faults that turn the plugin off. */
const NO_FAULT_LIMITS = {
  CODEX_PLUGIN_FAILURE_THRESHOLD: "1000",
  CODEX_PLUGIN_FAILURES_IN_WINDOW: "1000",
};

export interface KillOptions {
  readonly seed: number;
  /** Of each series: about one is read in a round. */
  readonly volumes: number;
  /** Whether another round is to follow. */
  readonly goOn: (rounds: number) => boolean;
  readonly say: (line: string) => void;
}

/** @returns how many rounds were held */
export async function runKillRounds(options: KillOptions): Promise<number> {
  const { seed, volumes, goOn, say } = options;
  const random = seededRandom(seed);
  await using scene = await createAnilistScene({
    series: SERIES,
    volumes,
    anilistDelayMs: ANILIST_DELAY_MS,
    env: NO_FAULT_LIMITS,
  });
  /** How far the reader is, taking both sides together. */
  const reached = new Map<number, number>();
  const names = Object.keys(VICTIMS);
  let rounds = 0;
  for (; goOn(rounds); rounds++) {
    let what = `${rounds + 1}`;
    try {
      await readOn(scene, { reached, volumes }, random);
      const victim = names[Math.floor(random() * names.length)] ?? "sync";
      const afterMs = Math.floor(random() * KILL_WITHIN_MS);
      what += `: ${victim} killed after ${afterMs} ms`;
      const { killed, saves } = await syncThrough(scene, victim, afterMs);
      await assertEnd(scene, reached, saves);
      say(`${what} (${killed} processes), ${saves.length} saves`);
    } catch (cause) {
      // Told at once: the platform may be in no state to be stopped well.
      say(`${what}: ${cause instanceof Error ? cause.stack : cause}`);
      say(scene.platform.output().slice(-OUTPUT_CHARS));
      throw new Error(`Round ${what} by seed ${seed} did not hold`, { cause });
    }
  }
  return rounds;
}

/** A sync in the middle of which something is killed, to its end. */
async function syncThrough(
  scene: AnilistScene,
  victim: string,
  afterMs: number,
): Promise<{ killed: number; saves: readonly SeenSave[] }> {
  const savedBefore = scene.fake.saves.length;
  const taskId = await patiently(() => scene.begin());
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  const killed = await kill(scene, VICTIMS[victim]!);
  const task = await ended(scene, taskId);
  assert.equal(task.state, "succeeded", task.reason);
  return { killed, saves: scene.fake.saves.slice(savedBefore) };
}

/** Some series are read on here, some at AniList; nobody goes back. */
async function readOn(
  scene: AnilistScene,
  { reached, volumes }: { reached: Map<number, number>; volumes: number },
  random: () => number,
): Promise<void> {
  const { fake, user } = scene;
  const here: [id: number, from: number, count: number][] = [];
  for (let i = 0; i < CHANGES_PER_ROUND; i++) {
    const id = 1 + Math.floor(random() * SERIES);
    const from = reached.get(id) ?? 0;
    const count = Math.min(volumes, from + 1 + Math.floor(random() * READ_ON_MAX));
    if (random() < 0.7) here.push([id, from, count]);
    else fake.change(user, id, { progressVolumes: count });
    reached.set(id, count);
  }
  await inParallel(here, ([id, from, count]) => patiently(() => scene.read(id, count, from)));
}

async function kill({ platform }: AnilistScene, pattern: RegExp): Promise<number> {
  const rows = (await platform.processes()).filter(({ args }) => pattern.test(args));
  for (const { pid } of innermost(rows)) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch (error) {
      // It may have ended by itself meanwhile.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return rows.length;
}

/** The process itself, not what it was started through. */
function innermost(rows: readonly ProcessRow[]): ProcessRow[] {
  const parents = new Set(rows.map(({ parent }) => parent));
  return rows.filter(({ pid }) => !parents.has(pid));
}

async function ended({ platform: { api } }: AnilistScene, taskId: string) {
  const deadline = performance.now() + ROUND_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const task = await patiently(() => api.expect(Task, "GET", `/tasks/${taskId}`));
    if (task.finishedAt !== undefined) return task;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`Task ${taskId} came to no end`);
}

/** Tries again while what was killed is being started anew. */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  const deadline = performance.now() + 120_000;
  while (true) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** As without the kill: both sides where the reader is, nothing lowered, no entry sent as two things. */
async function assertEnd(
  scene: AnilistScene,
  reached: ReadonlyMap<number, number>,
  saves: readonly SeenSave[],
): Promise<void> {
  const { fake, user } = scene;
  for (const [id, count] of reached) {
    assert.equal(fake.lists.find(user.id, id)?.progressVolumes, count, `AniList has ${id}`);
  }
  const sample = [...reached].filter((_, index) => index % 10 === 0);
  await inParallel(sample, async ([id, count]) => {
    assert.equal(await patiently(() => scene.volumesRead(id)), count, `Codex has ${id}`);
  });
  const sent = new Map<number, string>();
  for (const { before, after } of saves) {
    const { updatedAt: _, createdAt: __, ...data } = after;
    assert.ok(after.progressVolumes >= (before?.progressVolumes ?? 0), `${after.mediaId} lowered`);
    const text = JSON.stringify(data);
    assert.equal(sent.get(after.mediaId) ?? text, text, `${after.mediaId} was sent as two things`);
    sent.set(after.mediaId, text);
  }
}
