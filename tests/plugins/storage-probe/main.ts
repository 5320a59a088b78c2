/**
 * A user plugin for tests: does with its storage what the cursor of `sync/pullProgress` says, as JSON, and
 * answers with what came of it as the next cursor.
 */
import { createSyncPlugin, HostError, type JsonValue, type Storage } from "@codex/plugin-sdk";

/** What the host was asked to do, and how it ended. */
interface Command {
  readonly do: "set" | "get" | "list" | "roundtrip" | "fill" | "measure" | "hammer";
  readonly key?: string;
  readonly value?: JsonValue;
  /** measure: the method, how often, how many at once, with values of how many characters. */
  readonly method?: "set" | "get";
  readonly count?: number;
  readonly inFlight?: number;
  readonly characters?: number;
  /** roundtrip: stores `text` so often in one value and reads it again. */
  readonly text?: string;
  readonly times?: number;
  /** fill: sets so many new keys at once, with names from `from` on. */
  readonly from?: number;
  /** hammer: writes growing numbers to so many keys for so long. */
  readonly keys?: number;
  readonly forMs?: number;
}

await createSyncPlugin({
  manifest: {
    name: "storage-probe",
    displayName: "Storage probe",
    version: "1.0.0",
    description: "For tests of storage",
    author: "Codex",
  },
  getUserInfo: () => Promise.resolve({ externalId: "1", username: "probe" }),
  pushProgress: () => Promise.resolve({ success: [] }),
  async pullProgress({ cursor }, { storage }) {
    const outcome = await run(JSON.parse(cursor ?? "{}"), storage);
    return { entries: [], nextCursor: JSON.stringify(outcome), hasMore: false };
  },
}).run();

async function run(command: Command, storage: Storage): Promise<JsonValue> {
  const startedAt = performance.now();
  const { key = "key" } = command;
  try {
    switch (command.do) {
      case "set":
        await storage.set(key, command.value ?? null);
        return { ok: true };
      case "get":
        return { ok: true, data: (await storage.get(key)).data };
      case "list":
        return { ok: true, keys: (await storage.list()).map((it) => it.key) };
      case "roundtrip": {
        const value = (command.text ?? "").repeat(command.times ?? 1);
        await storage.set(key, value);
        return { ok: true, same: (await storage.get(key)).data === value };
      }
      case "fill":
        return { ok: true, ...await fill(command, storage) };
      case "measure":
        return { ok: true, ...await measure(command, storage) };
      case "hammer":
        return { ok: true, ...await hammer(command, storage) };
    }
  } catch (error) {
    return { ok: false, ...describe(error), elapsedMs: performance.now() - startedAt };
  }
}

/** How many of the sets were taken, and what the others were told. */
async function fill(
  { from = 0, count = 1 }: Command,
  storage: Storage,
): Promise<Record<string, JsonValue>> {
  const outcomes = await Promise.allSettled(
    Array.from({ length: count }, (_, index) => storage.set(`fill-${from + index}`, index)),
  );
  const refused = outcomes.flatMap((it) => it.status === "rejected" ? [describe(it.reason)] : []);
  return { stored: outcomes.length - refused.length, refused };
}

/** Milliseconds of each call, and of all together. */
async function measure(
  { method, count = 1, inFlight = 1, characters = 1 }: Command,
  storage: Storage,
): Promise<Record<string, JsonValue>> {
  const value = "x".repeat(characters);
  await storage.set("measured", value);
  const times: number[] = [];
  let left = count;
  const work = async () => {
    while (left-- > 0) {
      const startedAt = performance.now();
      if (method === "set") await storage.set("measured", value);
      else await storage.get("measured");
      times.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: inFlight }, work));
  return { times, elapsedMs: performance.now() - startedAt };
}

/** The last number that each key's set was acknowledged with, and the last one that was tried. */
async function hammer(
  { keys = 1, forMs = 1000 }: Command,
  storage: Storage,
): Promise<Record<string, JsonValue>> {
  const acknowledged: Record<string, number> = {};
  const tried: Record<string, number> = {};
  const failures: JsonValue[] = [];
  let failed = 0;
  const until = performance.now() + forMs;
  const write = async (key: string) => {
    for (let number = 1; performance.now() < until; number++) {
      tried[key] = number;
      try {
        await storage.set(key, number);
        acknowledged[key] = number;
      } catch (error) {
        failed++;
        if (failures.length < 20) failures.push(describe(error));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  await Promise.all(Array.from({ length: keys }, (_, index) => write(`key-${index}`)));
  return { acknowledged, tried, failed, failures };
}

function describe(error: unknown): Record<string, JsonValue> {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof HostError ? { code: error.code, message } : { message };
}
