/** A well-behaved plugin that is called all the time: it must not notice the others. */
import assert from "node:assert/strict";
import { ExecuteAnswer } from "@codex/protocol";
import type { Platform } from "../harness/platform.ts";
import { grantPlugin } from "../harness/scenario.ts";

/** A built-in plugin that works without a network. */
export const BYSTANDER = "metadata-echo";

const EVERY_MS = 250;
/** Generous beside the few milliseconds of a quiet machine: the cores are shared with all trials. */
const LATENCY_MS_MAX = 15_000;
/** A line that is let through may hold up the host for as long as it takes to parse. */
const HEAVY_LATENCY_MS_MAX = 25_000;

interface Answer {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly failure: string | undefined;
}

export class Bystander implements AsyncDisposable {
  readonly #answers: Answer[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  private constructor(platform: Platform, pluginId: string) {
    this.#running = this.#run(platform, pluginId);
  }

  static async start(platform: Platform): Promise<Bystander> {
    const { id } = await grantPlugin(platform, BYSTANDER);
    return new Bystander(platform, id);
  }

  /** Since `since` (of `performance.now()`) every call was answered, and soon. */
  assertWell(since: number, isHeavy: boolean): void {
    const answers = this.#answers.filter(({ endedAt }) => endedAt >= since);
    const failures = answers.flatMap(({ failure }) => failure === undefined ? [] : [failure]);
    assert.deepEqual(failures, [], "Another plugin failed meanwhile");
    const slowest = Math.max(...answers.map(({ startedAt, endedAt }) => endedAt - startedAt));
    assert.ok(
      slowest <= (isHeavy ? HEAVY_LATENCY_MS_MAX : LATENCY_MS_MAX),
      `Another plugin took ${Math.round(slowest)} ms to answer meanwhile`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(platform: Platform, pluginId: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const startedAt = performance.now();
      const failure = await ask(platform, pluginId);
      this.#answers.push({ startedAt, endedAt: performance.now(), failure });
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }
}

async function ask(platform: Platform, pluginId: string): Promise<string | undefined> {
  try {
    const { status, body } = await platform.api.call("POST", `/plugins/${pluginId}/execute`, {
      action: { metadata: { action: "search", contentType: "series", params: { query: "Dune" } } },
    });
    const isWell = status === 200 && ExecuteAnswer.parse(body).success;
    return isWell ? undefined : JSON.stringify(body);
  } catch (error) {
    return String(error);
  }
}
