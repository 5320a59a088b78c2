/** Sees to it that a plugin's list of entries comes to an end. */
import { hash } from "node:crypto";
import type { z } from "zod";
import type { PullAnswer } from "@codex/protocol";

export interface PullLimits {
  readonly pagesMax: number;
  readonly entriesMax: number;
}

export const PULL_LIMITS: PullLimits = { pagesMax: 10_000, entriesMax: 1_000_000 };

export type NextPage =
  | { readonly kind: "end" }
  | { readonly kind: "page"; readonly cursor: string }
  /** The list has no end that could be reached. */
  | { readonly kind: "broken"; readonly reason: string };

export class PageGuard {
  /** Digests: a plugin's cursors may be long. */
  readonly #seen = new Set<string>();
  readonly #limits: PullLimits;

  constructor(limits: PullLimits) {
    this.#limits = limits;
  }

  /**
   * Where the list goes on after a page.
   *
   * @param cursor that the page was asked with
   * @param pages read so far, this one included
   * @param entries read so far
   */
  next(
    cursor: string | null,
    answer: z.output<typeof PullAnswer>,
    pages: number,
    entries: number,
  ): NextPage {
    const { nextCursor, hasMore } = answer;
    if (cursor !== null) this.#seen.add(digestOf(cursor));
    if (nextCursor === undefined) {
      return hasMore
        ? { kind: "broken", reason: "The plugin says that there is more and not where" }
        : { kind: "end" };
    }
    if (hasMore === false) return { kind: "end" };
    if (this.#seen.has(digestOf(nextCursor))) {
      return { kind: "broken", reason: "The plugin gave the same cursor twice" };
    }
    const { pagesMax, entriesMax } = this.#limits;
    if (pages >= pagesMax || entries >= entriesMax) {
      return {
        kind: "broken",
        reason: `The plugin's list has no end: ${pages} pages with ${entries} entries were read`,
      };
    }
    return { kind: "page", cursor: nextCursor };
  }
}

function digestOf(cursor: string): string {
  return hash("sha256", cursor, "base64");
}
