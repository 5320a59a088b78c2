/**
 * A tracking service behind a plugin, in memory, with the limits of real ones: pages, a number of saves
 * a minute, an entry that is refused, a plugin that dies. It notes whatever would lower an entry.
 */
import {
  type IgnoredValue,
  type Json,
  type JsonObject,
  type PluginCallAnswer,
  RpcErrorCode,
  SyncEntry,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";

export interface Account {
  status: SyncEntry["status"];
  volumes: number;
  chapters: number;
  score: number | undefined;
  changedAt: number;
  title: string;
}

export interface Limits {
  pageSize: number;
  /** Saves before the service asks to wait; undefined for any number. */
  savesPerMinute: number | undefined;
}

/** What a call does instead of what it should; the hook of a test. */
export type Disturbance = (
  method: string,
  call: number,
  params: JsonObject,
) => void | Promise<void>;

export class FakeService {
  readonly entries = new Map<string, Account>();
  readonly limits: Limits = { pageSize: 500, savesPerMinute: undefined };
  /** Ids whose saves fail. */
  readonly refused = new Set<string>();
  /** Every call, in order. */
  readonly calls: { method: string; params: JsonObject }[] = [];
  /** What would have been lowered; must stay empty. */
  readonly lowered: string[] = [];
  /** Saves that changed something, by id. */
  readonly saves = new Map<string, number>();
  /** Ids found by title. */
  readonly titles = new Map<string, string>();
  /** Called before a call is carried out, and after; throws what the caller gets. */
  before: Disturbance = () => {};
  after: Disturbance = () => {};
  /** Replaces a method altogether. */
  readonly answers = new Map<string, (params: JsonObject) => Json>();
  /** Told with each answer as left out of it. */
  ignored: IgnoredValue[] = [];
  readonly #now: () => number;
  #minute = 0;
  #savesInMinute = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The reader uses the service elsewhere. */
  set(externalId: string, change: Partial<Account>): void {
    const known = this.entries.get(externalId) ?? {
      status: "reading" as const,
      volumes: 0,
      chapters: 0,
      score: undefined,
      title: `Series ${externalId}`,
    };
    this.entries.set(externalId, { ...known, ...change, changedAt: this.#now() });
  }

  callsOf(method: string): JsonObject[] {
    return this.calls.filter((call) => call.method === method).map((call) => call.params);
  }

  async call(method: string, params: JsonObject): Promise<PluginCallAnswer> {
    this.calls.push({ method, params: structuredClone(params) });
    const number = this.calls.length;
    try {
      await this.before(method, number, params);
      const result = this.#answer(method, params);
      await this.after(method, number, params);
      return { ok: true, result: JSON.parse(JSON.stringify(result)), ignored: this.ignored };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const { code, message, data } = error;
      return { ok: false, error: { code, message, ...(data !== undefined && { data }) } };
    }
  }

  #answer(method: string, params: JsonObject): Json {
    const special = this.answers.get(method);
    if (special !== undefined) return special(params);
    switch (method) {
      case "sync/pullProgress":
        return this.#pull(params);
      case "sync/pushProgress":
        return this.#push(params);
      case "sync/status":
        return {
          externalCount: this.entries.size,
          pendingPush: 0,
          pendingPull: 0,
          conflicts: 0,
        };
      default:
        throw new ServiceError(RpcErrorCode.methodNotFound, `There is no "${method}"`);
    }
  }

  #pull({ since, cursor, limit }: JsonObject): Json {
    const from = typeof since === "string" ? Date.parse(since) : 0;
    const changed = [...this.entries].filter(([, entry]) => entry.changedAt >= from);
    const start = typeof cursor === "string" ? Number(cursor) : 0;
    const size = Math.min(this.limits.pageSize, Number(limit));
    const page = changed.slice(start, start + size).map(([externalId, entry]) => ({
      externalId,
      status: entry.status,
      title: entry.title,
      progress: { volumes: entry.volumes, chapters: entry.chapters },
      ...(entry.score !== undefined && { score: entry.score }),
      latestUpdatedAt: new Date(entry.changedAt).toISOString(),
    }));
    const end = start + page.length;
    return end < changed.length
      ? { entries: page, nextCursor: String(end), hasMore: true }
      : { entries: page, hasMore: false };
  }

  #push({ entries }: JsonObject): Json {
    const sent = SyncEntry.array().parse(entries);
    const outcomes = sent.map((entry) => this.#save(entry));
    return {
      success: outcomes.filter(({ status }) => status !== "failed"),
      failed: outcomes.filter(({ status }) => status === "failed"),
    };
  }

  #save(entry: SyncEntry): { externalId: string; status: string } & JsonObject {
    const found = entry.externalId || this.titles.get(entry.title ?? "") || "";
    const named = {
      externalId: found,
      ...(entry.externalId === "" && { title: entry.title ?? "" }),
    };
    if (found === "") return { ...named, status: "failed", error: "Nothing has this title" };
    if (this.refused.has(found)) return { ...named, status: "failed", error: "Not taken" };
    const wait = this.#takeTurn();
    if (wait > 0) {
      return {
        ...named,
        status: "failed",
        error: "Too many requests",
        errorCode: RpcErrorCode.rateLimited,
        retryAfterSeconds: wait,
      };
    }
    return { ...named, status: this.#write(found, entry) };
  }

  /** Seconds to wait. */
  #takeTurn(): number {
    const { savesPerMinute } = this.limits;
    if (savesPerMinute === undefined) return 0;
    const minute = Math.floor(this.#now() / 60_000);
    if (minute !== this.#minute) [this.#minute, this.#savesInMinute] = [minute, 0];
    if (this.#savesInMinute >= savesPerMinute) return 60 - Math.floor(this.#now() / 1000) % 60;
    this.#savesInMinute++;
    return 0;
  }

  #write(id: string, { status, progress = {}, score, title }: SyncEntry): string {
    const known = this.entries.get(id);
    const next = {
      status,
      volumes: progress.volumes ?? 0,
      // What isn't said stays.
      chapters: progress.maxChapter ?? known?.chapters ?? 0,
      score: score ?? known?.score,
      title: known?.title ?? title ?? "",
    };
    if (known !== undefined) {
      const { changedAt: _, ...before } = known;
      if (JSON.stringify(before) === JSON.stringify({ ...before, ...next })) return "unchanged";
      if (next.volumes < known.volumes || next.chapters < known.chapters) {
        this.lowered.push(`${id}: ${JSON.stringify(before)} → ${JSON.stringify(next)}`);
      }
      if (known.status === "completed" && status !== "completed") {
        this.lowered.push(`${id}: status`);
      }
    }
    this.entries.set(id, { ...next, changedAt: this.#now() });
    this.saves.set(id, (this.saves.get(id) ?? 0) + 1);
    return known === undefined ? "created" : "updated";
  }
}

/** The plugin's own JSON-RPC error. */
export class ServiceError extends Error {
  constructor(readonly code: number, message: string, readonly data?: Json) {
    super(message);
  }
}

export function crash(): ProblemError {
  return new ProblemError("plugin_crashed", "The plugin crashed during the call");
}
