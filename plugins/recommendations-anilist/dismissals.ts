/** What the reader doesn't want to see again, kept in the plugin's storage. */
import type { DismissReason, JsonValue, Storage } from "@codex/plugin-sdk";

/** One key for all: the host allows 100 of them, and a value of 1 MiB. */
const KEY = "dismissed";
/** The oldest go first; each takes some 40 bytes. */
const DISMISSED_MAX = 10_000;

export class Dismissals {
  /** Changes run one after the other: each reads what the one before wrote. */
  #last: Promise<unknown> = Promise.resolve();

  async ids(storage: Storage): Promise<Set<string>> {
    return new Set((await read(storage)).map(([id]) => id));
  }

  add(storage: Storage, externalId: string, reason: DismissReason | undefined): Promise<void> {
    return this.#inOrder(async () => {
      const others = (await read(storage)).filter(([id]) => id !== externalId);
      const kept = others.slice(-(DISMISSED_MAX - 1));
      await storage.set(KEY, [...kept, [externalId, reason ?? null]]);
    });
  }

  /** Says whether there was anything to forget. */
  clear(storage: Storage): Promise<boolean> {
    return this.#inOrder(() => storage.delete(KEY));
  }

  #inOrder<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => {});
    return done;
  }
}

/** Id and reason, the oldest first; an object would order ids by number. */
type Dismissed = [id: string, reason: string | null];

async function read(storage: Storage): Promise<Dismissed[]> {
  const { data } = await storage.get(KEY);
  return Array.isArray(data) ? data.filter(isDismissed) : [];
}

function isDismissed(value: JsonValue): value is Dismissed {
  return Array.isArray(value) && typeof value[0] === "string";
}
