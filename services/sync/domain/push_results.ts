/** Finds each sent entry's result in a plugin's answer, whatever else the answer holds. */
import { PushAnswer, PushOutcome, readWire, type SyncEntry } from "@codex/protocol";
import { isKeepableId } from "./remote_entry.ts";
import { storableText } from "./storable_text.ts";

const REASON_CHARS_MAX = 500;

export type EntryResult =
  /** @property externalId what the service calls it: found, where it was sent without one */
  | { readonly kind: "taken"; readonly externalId: string }
  | {
    readonly kind: "refused";
    readonly reason: string;
    /** The protocol's error code, where the plugin tells it. */
    readonly code?: number;
    readonly retryAfterSeconds?: number;
  };

export interface PushReading {
  /** One for each sent entry, in their order. */
  readonly results: readonly EntryResult[];
  /** What was odd about the answer, in words. */
  readonly oddities: readonly string[];
}

/** @param raw the answer to `sync/pushProgress` */
export function readPushAnswer(sent: readonly SyncEntry[], raw: unknown): PushReading {
  const answer = PushAnswer.safeParse(raw);
  const oddities: string[] = [];
  const results = new Map<number, EntryResult>();
  const places = new Places(sent);
  const { success = [], failed = [] } = answer.data ?? {};
  for (const [item, isFailed] of [...tagged(success, false), ...tagged(failed, true)]) {
    const read = readWire(PushOutcome, item);
    // Kept apart from `failed`: a result without a readable status may still name its entry.
    const outcome = read.ok ? read.value : readableFailure(item);
    if (outcome === undefined) {
      oddities.push("A result that is not of its shape was ignored");
      continue;
    }
    const place = places.find(outcome);
    if (place === undefined) {
      oddities.push(
        `A result for "${shorten(outcome.externalId)}", which was not sent, was ignored`,
      );
      continue;
    }
    const result = toResult(outcome, isFailed, sent[place]?.externalId ?? "");
    const known = results.get(place);
    if (known !== undefined) {
      oddities.push(`There were several results for "${shorten(outcome.externalId)}"`);
    }
    // Of two that disagree the refusal counts: sending again is harmless.
    if (known === undefined || result.kind === "refused") results.set(place, result);
  }
  return {
    results: sent.map((_, place) =>
      results.get(place) ?? { kind: "refused", reason: "The plugin said nothing about this entry" }
    ),
    oddities,
  };
}

/** Where the sent entries are, by id and by title. */
class Places {
  readonly #byId = new Map<string, number>();
  readonly #byTitle = new Map<string, number[]>();
  readonly #untitled: number[] = [];

  constructor(sent: readonly SyncEntry[]) {
    for (const [place, { externalId, title = "" }] of sent.entries()) {
      if (externalId !== "") this.#byId.set(externalId, place);
      else {
        this.#byTitle.set(title, [...this.#byTitle.get(title) ?? [], place]);
        this.#untitled.push(place);
      }
    }
  }

  find({ externalId, title }: PushOutcome): number | undefined {
    if (title !== undefined) {
      const waiting = this.#byTitle.get(title);
      // The last one stays: a result that comes twice finds its entry again.
      const place = waiting !== undefined && waiting.length > 1 ? waiting.shift() : waiting?.[0];
      if (place !== undefined) return place;
    }
    const place = this.#byId.get(externalId);
    if (place !== undefined) return place;
    // A plugin that doesn't tell the title can still be understood where only one entry needs it.
    return this.#untitled.length === 1 ? this.#untitled[0] : undefined;
  }
}

function toResult(outcome: PushOutcome, isFailed: boolean, sentId: string): EntryResult {
  const { status, error, errorCode, retryAfterSeconds } = outcome;
  if (!isFailed && status !== "failed") {
    const externalId = sentId === "" ? outcome.externalId : sentId;
    if (externalId === "") {
      return { kind: "refused", reason: "The plugin took it and did not tell its id" };
    }
    return !isKeepableId(externalId)
      ? { kind: "refused", reason: "The plugin took it and told an id that can't be kept" }
      : { kind: "taken", externalId };
  }
  return {
    kind: "refused",
    reason: storableText(error ?? "The plugin gave no reason", REASON_CHARS_MAX),
    ...(errorCode !== undefined && { code: errorCode }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/** A result whose status this host doesn't know counts as a failure, so that nothing is lost. */
function readableFailure(item: unknown): PushOutcome | undefined {
  const named = PushOutcome.pick({ externalId: true }).safeParse(item);
  if (!named.success) return undefined;
  return { ...named.data, status: "failed", error: "The plugin's result is not of its shape" };
}

function tagged(items: readonly unknown[], isFailed: boolean): [unknown, boolean][] {
  return items.map((item) => [item, isFailed]);
}

function shorten(text: string): string {
  return text.length > 80 ? `${storableText(text, 80)}…` : storableText(text, 80);
}
