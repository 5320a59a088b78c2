/** Reads the params of a request and names every wrong field at once. */
import { InvalidParamsError } from "./errors.ts";
import { isRecord, type JsonValue } from "./json_rpc.ts";

/**
 * Each method reads one field and notes what is wrong with it; {@link done} then throws once for all.
 * Null reads as missing, and unknown fields are ignored, as the protocol asks.
 */
export class ParamsReader {
  readonly #fields: Record<string, unknown>;
  readonly #problems: string[] = [];

  /** @param path what stands before the names of the fields in messages, for instance `entries[2].` */
  constructor(params: unknown, private readonly path = "") {
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

  /** A string that may be empty. */
  anyText(name: string): string {
    const value = this.#fields[name];
    return typeof value === "string" ? value : this.#wrong(name, "a string", "");
  }

  /** ISO 8601, as it was sent. */
  optionalInstant(name: string): string | undefined {
    const value = this.optionalText(name);
    if (value === undefined || !Number.isNaN(Date.parse(value))) return value;
    return this.#wrong(name, "an ISO 8601 time", undefined);
  }

  choice<const Values extends readonly string[]>(name: string, values: Values): Values[number] {
    const [fallback = ""] = values;
    return this.optionalChoice(name, values) ?? this.#missing(name, oneOf(values), fallback);
  }

  optionalChoice<const Values extends readonly string[]>(
    name: string,
    values: Values,
  ): Values[number] | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    return values.includes(value as string)
      ? value as string
      : this.#wrong(name, oneOf(values), undefined);
  }

  boolean(name: string): boolean {
    return this.optionalBoolean(name) ?? this.#missing(name, "true or false", false);
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    return typeof value === "boolean" ? value : this.#wrong(name, "true or false", undefined);
  }

  /** A number from `min` to `max`; may be fractional. */
  optionalNumber(name: string, min = 0, max = Number.MAX_VALUE): number | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === "number" && value >= min && value <= max) return value;
    const bounds = max === Number.MAX_VALUE ? `of ${min} or more` : `from ${min} to ${max}`;
    return this.#wrong(name, `a number ${bounds}`, undefined);
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

  /** A list of strings, or undefined when missing. */
  optionalTexts(name: string): string[] | undefined {
    const value = this.#fields[name];
    return value === undefined || value === null ? undefined : this.texts(name);
  }

  /** A list of objects, each read by `read`; missing reads as undefined. */
  optionalList<Item>(name: string, read: (item: ParamsReader) => Item): Item[] | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) return this.#wrong(name, "a list", undefined);
    const items: Item[] = [];
    for (const [index, item] of value.entries()) {
      const path = `${this.path}${name}[${index}]`;
      if (isRecord(item)) items.push(this.#nested(item, `${path}.`, read));
      else this.refuse(`"${path}" must be an object`);
    }
    return items;
  }

  /** An object, read by `read`; missing reads as undefined. */
  optionalObject<Value>(name: string, read: (fields: ParamsReader) => Value): Value | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    if (!isRecord(value)) return this.#wrong(name, "an object", undefined);
    return this.#nested(value, `${this.path}${name}.`, read);
  }

  /** Whatever was sent; null reads as missing. */
  any(name: string): JsonValue | undefined {
    return (this.#fields[name] ?? undefined) as JsonValue | undefined;
  }

  /** Notes a rule that spans fields. */
  refuse(problem: string): void {
    this.#problems.push(problem);
  }

  /** @throws {InvalidParamsError} naming every wrong field */
  done(): void {
    if (this.#problems.length > 0) throw new InvalidParamsError(this.#problems.join("; "));
  }

  #nested<Value>(
    fields: Record<string, unknown>,
    path: string,
    read: (fields: ParamsReader) => Value,
  ): Value {
    const reader = new ParamsReader(fields, path);
    const value = read(reader);
    this.#problems.push(...reader.#problems);
    return value;
  }

  #missing<T>(name: string, expected: string, fallback: T): T {
    const field = `"${this.path}${name}" `;
    const alreadyNamed = this.#problems.some((problem) => problem.startsWith(field));
    return alreadyNamed ? fallback : this.#wrong(name, expected, fallback);
  }

  #wrong<T>(name: string, expected: string, fallback: T): T {
    this.refuse(`"${this.path}${name}" must be ${expected}`);
    return fallback;
  }
}

/** Params of a method that takes none. */
export function readNothing(raw: unknown): Record<never, never> {
  new ParamsReader(raw).done();
  return {};
}

function oneOf(values: readonly string[]): string {
  return `one of ${values.join(", ")}`;
}
