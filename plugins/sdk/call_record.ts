/**
 * Tells in the log what a plugin was asked, a line of level `debug` for each call: for tests of a
 * host, and for authors who look for a fault. Secrets are left out.
 *
 * @module
 */
import type { JsonValue } from "./json_rpc.ts";
import type { Session } from "./plugin.ts";

/** What a line begins with; JSON follows. */
const LINE_START = "debug Call ";

/** What a line tells. */
export interface RecordedCall {
  /** Counted from 1, the start of the process. */
  readonly number: number;
  /** `initialize` for what the process was started with. */
  readonly method: string;
  readonly params: JsonValue;
}

/** What stands where a secret was. */
export const REDACTED = "[redacted]";

/** A shorter secret is looked for as a whole value only: it would be found in any text. */
const SEARCHED_CHARACTERS_MIN = 4;
const SECRET_NAME = /token|secret|password|passwd|authorization|cookie|api_?key|credential/i;

export class CallRecord {
  readonly #secrets: readonly string[];
  #number = 0;

  constructor(private readonly session: Session) {
    this.#secrets = Object.values(session.credentials).filter((secret) => secret !== "");
  }

  /** Notes what `initialize` told. */
  noteSession(): void {
    const { adminConfig, userConfig, credentials, userId, userPluginId } = this.session;
    this.note("initialize", { adminConfig, userConfig, credentials, userId, userPluginId });
  }

  note(method: string, params: unknown): void {
    const { log, logLevel } = this.session;
    const number = ++this.#number;
    // Params may be large, and mostly nobody looks.
    if (logLevel !== "debug") return;
    const told = redact({ method, params }, this.#secrets);
    log.debug("Call", { number, ...Object(told) });
  }
}

/**
 * The calls that a log tells of, for tests.
 *
 * @param log lines as the plugin wrote them: a host may cut long ones, and those can't be read
 */
export function readCalls(log: readonly string[]): RecordedCall[] {
  return log.filter((line) => line.startsWith(LINE_START))
    .map((line) => JSON.parse(line.slice(LINE_START.length)));
}

/**
 * A copy without secrets: `secrets` wherever they occur, in names of fields too, and every text in a
 * field whose name says that it holds one.
 */
export function redact(value: unknown, secrets: readonly string[]): JsonValue {
  return redactValue(JSON.parse(JSON.stringify(value) ?? "null"), secrets, false);
}

function redactValue(
  value: JsonValue | undefined,
  secrets: readonly string[],
  isSecret: boolean,
): JsonValue {
  if (value === undefined || value === null || typeof value === "boolean") return value ?? null;
  if (Array.isArray(value)) return value.map((item) => redactValue(item, secrets, isSecret));
  if (typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [
        redactText(name, secrets),
        redactValue(part, secrets, isSecret || SECRET_NAME.test(name)),
      ]),
    );
  }
  if (isSecret) return REDACTED;
  if (typeof value === "number") return secrets.includes(String(value)) ? REDACTED : value;
  return redactText(value, secrets);
}

function redactText(text: string, secrets: readonly string[]): string {
  // The longest first: one secret may be part of another.
  const ordered = secrets.toSorted((a, b) => b.length - a.length);
  return ordered.reduce((rest, secret) => {
    if (rest === secret) return REDACTED;
    return secret.length < SEARCHED_CHARACTERS_MIN ? rest : rest.replaceAll(secret, REDACTED);
  }, text);
}
