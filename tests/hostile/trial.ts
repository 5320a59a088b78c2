/** One hostile plugin on the platform, and what everybody is promised about it. */
import assert from "node:assert/strict";
import {
  API_BASE,
  Plugin,
  PluginDataUse,
  type PluginFailure,
  PluginFailures,
  type PluginId,
  PluginLogs,
  PluginTestAnswer,
} from "@codex/protocol";
import type { Arena } from "./arena.ts";
import type { Person } from "./connections.ts";
import type { HostileCase, Level } from "./hostile_case.ts";
import { type Outcome, readOutcome } from "./outcome.ts";
import { findMarked } from "./process_watch.ts";
import type { Runtime } from "./rogue/installation.ts";

/** Of calls whose case names none, and of every start until then: enough on a busy machine. */
const TIMEOUT_SECONDS = 30;
/** Of all that comes to pass soon, and of which not the time is in question. */
const SOON_MS = 30_000;
const POLL_MS = 100;
/** Of a process with a deadline that its own start may miss: the waits between tries grow. */
const UP_WITHIN_MS = 120_000;
/** Of a folder with as much in it as a plugin could put there. */
const EMPTY_WITHIN_MS = 180_000;

export interface TrialPlan {
  /** Also the plugin's name. */
  readonly name: string;
  readonly hostileCase: HostileCase;
  readonly runtime: Runtime;
  readonly level: Level;
}

export interface Connected {
  readonly person: Person;
  readonly connectionId: string;
}

export class Trial {
  readonly level: Level;
  readonly runtime: Runtime;
  readonly name: string;

  constructor(readonly arena: Arena, readonly id: PluginId, readonly plan: TrialPlan) {
    this.level = plan.level;
    this.runtime = plan.runtime;
    this.name = plan.name;
  }

  /** Grants the plugin and arms it. */
  async arm(): Promise<void> {
    const { arena, plan: { hostileCase } } = this;
    const { network, config, timeoutSeconds = TIMEOUT_SECONDS } = hostileCase;
    const { api } = arena.platform;
    // It may have been armed before.
    await this.patch({ config: {}, requestTimeoutSeconds: TIMEOUT_SECONDS });
    const test = await this.test();
    assert.ok(test.success, test.message);
    const seen = await this.view();
    assert.equal(seen.isolation.level, this.level, seen.isolation.reason);
    await api.expect(Plugin, "POST", `/admin/plugins/${this.id}/grant`, {
      permissions: seen.requestedPermissions,
      network: network?.(arena) ?? [],
      acceptManifest: seen.manifestDigest,
    });
    await this.patch({
      config: { ...config?.(arena), armed: true },
      requestTimeoutSeconds: timeoutSeconds,
    });
    if (timeoutSeconds < TIMEOUT_SECONDS && isWarm(hostileCase)) await this.#warmUp();
  }

  /** A call with a short deadline is about what the plugin does, not about how long a busy machine takes to start it. */
  async #warmUp(): Promise<void> {
    let outcome: Outcome | undefined;
    const isUp = await eventually(async () => {
      outcome = await this.ping();
      return outcome.text !== undefined;
    }, UP_WITHIN_MS);
    assert.ok(isUp, `It does not start: ${JSON.stringify(outcome)}`);
  }

  /** Calls the plugin as a person does. */
  async call(query = "Dune"): Promise<Outcome> {
    const path = `/plugins/${this.id}/execute`;
    const action = { metadata: { action: "search", contentType: "series", params: { query } } };
    return readOutcome(await this.arena.platform.api.call("POST", path, { action }));
  }

  /** Calls as a person does who closes the page when `asked` resolves. */
  async callAndLeave(query: string, asked: () => Promise<void>): Promise<void> {
    const page = new AbortController();
    const { url, token } = this.arena.platform.api;
    const action = { metadata: { action: "search", contentType: "series", params: { query } } };
    const call = fetch(`${url}${API_BASE}/plugins/${this.id}/execute`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ action }),
      signal: page.signal,
    });
    const left = assert.rejects(call, { name: "AbortError" });
    await asked();
    page.abort();
    await left;
  }

  async ping(): Promise<Outcome> {
    const path = `/plugins/${this.id}/execute`;
    return readOutcome(await this.arena.platform.api.call("POST", path, { action: "ping" }));
  }

  /** Makes a connection for each of two people. */
  async connectPeople(): Promise<Record<"one" | "two", Connected>> {
    const { people, connections } = this.arena;
    const connect = async (person: Person) => ({
      person,
      connectionId: await connections.connect(person, this.id),
    });
    const [one, two] = await Promise.all(people.map(connect));
    assert.ok(one && two);
    return { one, two };
  }

  /** Calls a user plugin for a person's connection. */
  async callFor(person: Person): Promise<Outcome> {
    return await this.arena.connections.call(person, this.id);
  }

  async test(): Promise<PluginTestAnswer> {
    return await this.arena.platform.api.expect(
      PluginTestAnswer,
      "POST",
      `/admin/plugins/${this.id}/test`,
    );
  }

  async view(): Promise<Plugin> {
    return await this.arena.platform.api.expect(Plugin, "GET", `/admin/plugins/${this.id}`);
  }

  async isInState(state: Plugin["state"]): Promise<void> {
    const holds = await eventually(async () => (await this.view()).state === state, SOON_MS);
    assert.ok(holds, `It is ${(await this.view()).state}, not ${state}`);
  }

  async patch(change: Record<string, unknown>): Promise<void> {
    await this.arena.platform.api.expect(Plugin, "PATCH", `/admin/plugins/${this.id}`, change);
  }

  async logs(): Promise<PluginLogs> {
    return await this.arena.platform.api.expect(
      PluginLogs,
      "GET",
      `/admin/plugins/${this.id}/logs`,
    );
  }

  /** The administrator finds a failure with this code, or soon will. */
  async isBlamedFor(code: string, message = /./, withinMs = SOON_MS): Promise<void> {
    let seen: readonly PluginFailure[] = [];
    const found = await eventually(async () => {
      seen = await this.#failures();
      return seen.some(({ errorCode, errorMessage }) =>
        errorCode === code && message.test(errorMessage)
      );
    }, withinMs);
    assert.ok(found, `No failure "${code}" among ${JSON.stringify(seen).slice(0, 600)}`);
  }

  async isNotBlamedFor(code: string): Promise<void> {
    const codes = (await this.#failures()).map(({ errorCode }) => errorCode);
    assert.ok(!codes.includes(code), codes.join());
  }

  async #failures(): Promise<readonly PluginFailure[]> {
    const path = `/admin/plugins/${this.id}/failures`;
    return (await this.arena.platform.api.expect(PluginFailures, "GET", path)).failures;
  }

  /** Its log is kept within bounds (protocol.md "Framing"; plugin-host keeps 1,000 lines). */
  async logIsBounded(): Promise<void> {
    const { lines } = await this.logs();
    assert.ok(lines.length <= 1000, `${lines.length} lines`);
    for (const { text } of lines) assert.ok(text.length <= 4096, `A line of ${text.length}`);
  }

  /** So many lines of its log are like this, or soon will be. */
  async logHolds(pattern: RegExp, times = 1): Promise<void> {
    const found = await eventually(
      async () =>
        (await this.logs()).lines.filter(({ text }) => pattern.test(text)).length >= times,
      SOON_MS,
    );
    assert.ok(found, `${pattern} is not in the log`);
  }

  /** Of its processes and theirs. */
  async processes(): Promise<string[]> {
    return await findMarked([this.id, this.name]);
  }

  /** Nothing of it runs any more, within `withinMs`. */
  async isGone(withinMs = SOON_MS): Promise<void> {
    let left: string[] = [];
    const gone = await eventually(
      async () => (left = await this.processes()).length === 0,
      withinMs,
    );
    assert.ok(gone, `Still there after ${withinMs} ms:\n${left.join("\n")}`);
  }

  /** What it keeps in its data folders, as an administrator sees it. */
  async dataUse(): Promise<PluginDataUse> {
    const path = `/admin/plugins/${this.id}/data`;
    return await this.arena.platform.api.expect(PluginDataUse, "GET", path);
  }

  /** The administrator sees so much, or more, of files without a name. */
  async showsUnlinked(bytes: number): Promise<void> {
    const { folders } = await this.dataUse();
    const shown = folders.reduce((sum, folder) => sum + folder.unlinkedBytes, 0);
    assert.ok(shown >= bytes, `${shown} of ${bytes} bytes`);
  }

  /** Removes that, as an administrator does: again where it took longer than the answer may. */
  async emptyData(): Promise<void> {
    const { api } = this.arena.platform;
    const path = `/admin/plugins/${this.id}/data`;
    const isDone = await eventually(
      async () => (await api.call("DELETE", path)).status === 200,
      EMPTY_WITHIN_MS,
    );
    assert.ok(isDone, "Its data folders can't be emptied");
  }

  async turnOn(): Promise<void> {
    await this.arena.platform.api.expect(Plugin, "POST", `/admin/plugins/${this.id}/enable`);
  }

  /** Turns it off, as an administrator does. */
  async turnOff(): Promise<void> {
    await this.arena.platform.api.expect(Plugin, "POST", `/admin/plugins/${this.id}/disable`);
  }
}

/**
 * What holds for every case, whatever the plugin did.
 *
 * @param isHeavy whether this trial, or one that runs beside it, is
 */
export async function runTrial(
  arena: Arena,
  plan: TrialPlan,
  isHeavy = plan.hostileCase.isHeavy === true,
): Promise<void> {
  const { hostileCase } = plan;
  const trial = new Trial(arena, arena.idOf(plan.name), plan);
  const since = performance.now();
  try {
    if (!hostileCase.isUngrantable) await trial.arm();
    await hostileCase.promise(trial);
  } finally {
    await trial.turnOff();
  }
  await trial.isGone();
  arena.bystander.assertWell(since, isHeavy);
  await arena.assertMemory(since, isHeavy);
}

/** Whether it answers a ping as any plugin does, whatever else it does once it is armed. */
function isWarm({ kind, program }: HostileCase): boolean {
  if (kind === "user") return false;
  return "python" in program || (program.initialize ?? program.ping) === undefined;
}

async function eventually(holds: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (!await holds()) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}
