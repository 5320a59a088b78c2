/**
 * How the users of one system plugin share it. A process of a connection serves one user, whole.
 */
import type { UserId } from "@codex/protocol";

/** Who a call is for: a user, or the services' own work, which counts as one more user. */
export type CallHolder = UserId | typeof BACKGROUND;

export const BACKGROUND = "background";

/**
 * What one holder may have of something that all share: half, whoever else is there, and one at
 * least.
 */
export function halfOf(count: number): number {
  return Math.max(1, Math.floor(count / 2));
}

/** Begins a sentence about what a holder takes. */
export function usesHalf(holder: string | undefined): string {
  return holder === BACKGROUND ? "Background work uses half" : "You use half";
}
