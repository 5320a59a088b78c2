/** Reads the params of a request and names every wrong field at once. */
import { InvalidParamsError } from "./errors.ts";
import { isRecord } from "./json_rpc.ts";

/**
 * Each method reads one field and notes what is wrong with it; {@link done} then throws once for all.
 * Null reads as missing, and unknown fields are ignored, as the protocol asks.
 */
export class ParamsReader {
  readonly #fields: Record<string, unknown>;
  readonly #problems: string[] = [];

  constructor(params: unknown) {
    if (params !== undefined && params !== null && !isRecord(params)) {
      throw new InvalidParamsError("Params must be an object");
    }
    this.#fields = params ?? {};
  }

  /** A string with something in it. */
  text(name: string): string {
    return this.optionalText(name) ?? this.#missing(name, "a non-empty string", "");
  }

  optionalText(name: string): string | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") return this.#wrong(name, "a string", undefined);
    return value.trim() === "" ? undefined : value;
  }

  optionalInteger(name: string, min = Number.MIN_SAFE_INTEGER): number | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    if (Number.isSafeInteger(value) && (value as number) >= min) return value as number;
    const bound = min === Number.MIN_SAFE_INTEGER ? "" : ` of ${min} or more`;
    return this.#wrong(name, `a whole number${bound}`, undefined);
  }

  /** A list of strings; missing reads as empty. */
  texts(name: string): string[] {
    const value = this.#fields[name] ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    return this.#wrong(name, "a list of strings", []);
  }

  /** An object; missing reads as empty. */
  record(name: string): Record<string, unknown> {
    const value = this.#fields[name] ?? {};
    return isRecord(value) ? value : this.#wrong(name, "an object", {});
  }

  /** Notes a rule that spans fields. */
  refuse(problem: string): void {
    this.#problems.push(problem);
  }

  /** @throws {InvalidParamsError} naming every wrong field */
  done(): void {
    if (this.#problems.length > 0) throw new InvalidParamsError(this.#problems.join("; "));
  }

  #missing<T>(name: string, expected: string, fallback: T): T {
    const alreadyNamed = this.#problems.some((problem) => problem.startsWith(`"${name}" `));
    return alreadyNamed ? fallback : this.#wrong(name, expected, fallback);
  }

  #wrong<T>(name: string, expected: string, fallback: T): T {
    this.refuse(`"${name}" must be ${expected}`);
    return fallback;
  }
}
