/** Fields of a message that its schema doesn't know: mostly slips of whoever wrote it by hand. */
import { distance } from "fastest-levenshtein";
import type { z } from "zod";
import type { IgnoredValue } from "./lenient_copy.ts";
import { toPointer } from "./json_pointer.ts";

/** Beyond these nobody reads on. */
const FOUND_MAX = 100;
/** Longer than any name that is known. */
const NAME_LENGTH_MAX = 100;

/**
 * Every field that reading by `schema` passes over, with the known name that it is most like. What
 * isn't an object where the schema wants one is for the reading itself to tell.
 */
export function unknownFields(schema: z.core.$ZodType, raw: unknown): IgnoredValue[] {
  const found: IgnoredValue[] = [];
  collect(schema, raw, [], found);
  return found;
}

/** The name that was most likely meant, in words; "" where none is alike. */
export function likelyName(name: string, known: readonly string[]): string {
  // Two letters that were swapped count twice.
  const slipsMax = name.length < 4 ? 1 : 2;
  const [nearest] = known
    .map((candidate) => ({
      candidate,
      slips: distance(name.slice(0, NAME_LENGTH_MAX).toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ slips }) => slips <= slipsMax)
    .sort((a, b) => a.slips - b.slips);
  return nearest === undefined ? "" : `: is "${nearest.candidate}" meant?`;
}

function collect(
  schema: z.core.$ZodType,
  value: unknown,
  path: readonly PropertyKey[],
  found: IgnoredValue[],
): void {
  const { def } = schema._zod;
  if (isWrapper(def)) return collect(def.innerType, value, path, found);
  if (isPipe(def)) {
    // Of what is rewritten before it is read, the form that is read counts.
    return collect(def.out, value, path, found);
  }
  if (isArray(def) && Array.isArray(value)) {
    for (const [at, item] of value.entries()) collect(def.element, item, [...path, at], found);
    return;
  }
  if (!isObject(def) || typeof value !== "object" || value === null || Array.isArray(value)) return;
  const known = Object.keys(def.shape);
  for (const [name, child] of Object.entries(value)) {
    if (found.length >= FOUND_MAX) return;
    const field = Object.hasOwn(def.shape, name) ? def.shape[name] : undefined;
    if (field !== undefined) collect(field, child, [...path, name], found);
    else if (def.catchall === undefined) {
      const reason = `Unknown field${likelyName(name, known)}`;
      found.push({ pointer: toPointer([...path, name]), reason });
    }
  }
}

type Def = z.core.$ZodTypeDef;

const WRAPPERS: ReadonlySet<string> = new Set([
  ...["optional", "nullable", "default", "prefault", "catch", "readonly", "nonoptional"],
]);

function isWrapper(def: Def): def is Def & { readonly innerType: z.core.$ZodType } {
  return WRAPPERS.has(def.type);
}

function isPipe(def: Def): def is z.core.$ZodPipeDef {
  return def.type === "pipe";
}

function isArray(def: Def): def is z.core.$ZodArrayDef {
  return def.type === "array";
}

function isObject(def: Def): def is z.core.$ZodObjectDef {
  return def.type === "object";
}
