/** What a caller sees of one call, and what it may be. */
import assert from "node:assert/strict";
import { ExecuteAnswer, Problem, type ProblemCode } from "@codex/protocol";
import type { ApiAnswer } from "../harness/api_client.ts";

export interface Outcome {
  /** Of a plugin that answered as it should. */
  readonly text?: string;
  /** The plugin's own error. */
  readonly error?: { readonly code: number; readonly message: string };
  /** Why there is no answer. */
  readonly problem?: {
    readonly code: ProblemCode;
    readonly detail: string;
    readonly retryAfter?: string | null;
  };
  readonly elapsedMs: number;
}

/**
 * Allowed beyond a deadline, for all that lies between the plugin and the test: hostile plugins keep two
 * cores busy meanwhile, and so may others. Still less than the deadline of a call whose case names none.
 */
const SLACK_MS = 20_000;
/** Long before the deadline. How fast a caller is told on a machine that is free is plugin-host's own test. */
export const AT_ONCE_MS = 1000 + SLACK_MS;

export function readOutcome({ status, body, headers, elapsedMs }: ApiAnswer): Outcome {
  if (status !== 200) {
    const { code, detail } = Problem.parse(body);
    return { problem: { code, detail, retryAfter: headers.get("retry-after") }, elapsedMs };
  }
  const { success, result, error } = ExecuteAnswer.parse(body);
  if (!success) {
    assert.ok(error, "An answer without success has no error");
    return { error, elapsedMs };
  }
  const { results = [] } = Object(result) as { results?: { title: string }[] };
  return { text: results[0]?.title ?? JSON.stringify(result), elapsedMs };
}

/** The plugin's own answer came through. */
export function answers(
  outcome: Outcome,
  text: string | RegExp = "fine",
  withinMs = AT_ONCE_MS,
): void {
  if (typeof text === "string") assert.equal(outcome.text, text, describe(outcome));
  else assert.match(outcome.text ?? "", text, describe(outcome));
  assertTime(outcome, withinMs);
}

/** The caller is told of `code`, within the deadline where there is one. */
export function fails(
  outcome: Outcome,
  code: ProblemCode,
  detail: RegExp = /./,
  withinMs = AT_ONCE_MS,
): void {
  assert.equal(outcome.problem?.code, code, describe(outcome));
  assert.match(outcome.problem?.detail ?? "", detail);
  assertTime(outcome, withinMs);
}

/** The deadline passed, and not much more. */
export function timesOut(outcome: Outcome, timeoutSeconds = 1): void {
  fails(outcome, "deadline_exceeded", /did not answer/, timeoutSeconds * 1000 + SLACK_MS);
}

/** An `attempt` came to nothing: it says so, or the runtime ended the process for it. */
export function isThwarted(outcome: Outcome): void {
  const isRefused = outcome.text?.startsWith("REFUSED") ?? false;
  assert.ok(isRefused || outcome.problem?.code === "plugin_crashed", describe(outcome));
}

/** The plugin answered with an error of its own. */
export function refuses(outcome: Outcome, code: number, message = /./): void {
  assert.equal(outcome.error?.code, code, describe(outcome));
  assert.match(outcome.error?.message ?? "", message);
  assertTime(outcome, AT_ONCE_MS);
}

function describe(outcome: Outcome): string {
  return JSON.stringify(outcome).slice(0, 600);
}

function assertTime({ elapsedMs }: Outcome, withinMs: number): void {
  assert.ok(elapsedMs <= withinMs, `It took ${Math.round(elapsedMs)} ms, not ${withinMs}`);
}
