/** Reads a plugin's settings and names every wrong one at once. */
import { ConfigurationError, InvalidParamsError } from "./errors.ts";
import type { JsonValue } from "./json_rpc.ts";
import { ParamsReader } from "./params.ts";

/**
 * Each method reads one setting and notes what is wrong with it; {@link done} then throws once for all.
 * Missing, null and "" read as not set.
 */
export class SettingsReader {
  readonly #reader: ParamsReader;

  constructor(config: Readonly<Record<string, JsonValue>>) {
    const filled = Object.entries(config).filter(([, value]) => value !== "");
    this.#reader = new ParamsReader(Object.fromEntries(filled));
  }

  text(key: string, fallback: string): string {
    return this.#reader.optionalText(key)?.trim() ?? fallback;
  }

  flag(key: string, fallback: boolean): boolean {
    return this.#reader.optionalBoolean(key) ?? fallback;
  }

  /** A whole number from `min` (default 0) to `max`. */
  integer(key: string, { fallback, min = 0, max }: IntegerSetting): number {
    const value = this.#reader.optionalInteger(key, min) ?? fallback;
    if (value <= max) return value;
    this.#reader.refuse(`"${key}" must be a whole number from ${min} to ${max}`);
    return fallback;
  }

  choice<const Values extends readonly string[], Fallback extends Values[number] | null>(
    key: string,
    values: Values,
    fallback: Fallback,
  ): Values[number] | Fallback {
    return this.#reader.optionalChoice(key, values) ?? fallback;
  }

  /** A list of texts, without blank ones. */
  texts(key: string): string[] {
    return this.#reader.texts(key).map((text) => text.trim()).filter((text) => text !== "");
  }

  /** An http or https URL, without a slash at its end. */
  url<Fallback extends string | null>(key: string, fallback: Fallback): string | Fallback {
    const value = this.#reader.optionalText(key)?.trim();
    if (value === undefined) return fallback;
    if (/^https?:/i.test(value) && URL.canParse(value)) return value.replace(/\/+$/, "");
    this.refuse(`"${key}" must be an http or https URL`);
    return fallback;
  }

  /** Notes a rule that spans settings. */
  refuse(problem: string): void {
    this.#reader.refuse(problem);
  }

  /** @throws {ConfigurationError} naming every wrong setting */
  done(): void {
    try {
      this.#reader.done();
    } catch (thrown) {
      if (thrown instanceof InvalidParamsError) throw new ConfigurationError(thrown.message);
      throw thrown;
    }
  }
}

export interface IntegerSetting {
  readonly fallback: number;
  readonly min?: number;
  readonly max: number;
}
