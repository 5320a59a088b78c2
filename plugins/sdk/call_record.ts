/**
 * Keeps what a plugin was asked, a JSON line for each call, in its own folder: for tests of a host, and
 * for authors who look for a fault. Secrets are left out.
 *
 * @module
 */
import { appendFile } from "node:fs/promises";
import type { JsonValue } from "./json_rpc.ts";
import type { Session } from "./plugin.ts";

export const CALL_RECORD_FILE = "calls.ndjson";

/** What stands where a secret was. */
export const REDACTED = "[redacted]";

/** Beyond it nothing more is kept: a test that runs long must not fill the disk. */
const RECORD_BYTES_MAX = 16 * 1024 * 1024;
/** A shorter secret is looked for as a whole value only: it would be found in any text. */
const SEARCHED_CHARACTERS_MIN = 4;
const SECRET_NAME = /token|secret|password|passwd|authorization|cookie|api_?key|credential/i;

export class CallRecord {
  readonly #path: string;
  readonly #secrets: readonly string[];
  #number = 0;
  #bytes = 0;
  /** Lines are written one after the other. */
  #written: Promise<void> = Promise.resolve();

  constructor(private readonly session: Session) {
    this.#path = `${session.dataDir}/${CALL_RECORD_FILE}`;
    this.#secrets = Object.values(session.credentials).filter((secret) => secret !== "");
  }

  /** Notes what `initialize` told. */
  async noteSession(): Promise<void> {
    const { adminConfig, userConfig, credentials, userId, userPluginId } = this.session;
    await this.note("initialize", { adminConfig, userConfig, credentials, userId, userPluginId });
  }

  /** Never throws: what can't be written is told in the log. */
  note(method: string, params: unknown): Promise<void> {
    const entry = { number: ++this.#number, at: new Date(), method, params };
    const line = `${JSON.stringify(redact(entry, this.#secrets))}\n`;
    this.#bytes += line.length;
    if (this.#bytes <= RECORD_BYTES_MAX) {
      this.#written = this.#written.then(() => appendFile(this.#path, line)).catch((error) => {
        this.session.log.warn("A call could not be recorded", { method, error });
      });
    }
    return this.#written;
  }
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
