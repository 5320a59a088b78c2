/**
 * A message as plugins and importers write it, of which what can't be read is left out bit by bit.
 */
import type { z } from "zod";
import { toPointer } from "./json_pointer.ts";
import { isMainList, itemsToKeep } from "./limited_list.ts";

/** Something that was left out of an otherwise good message. */
export interface IgnoredValue {
  /** RFC 6901 pointer into the message, for instance `/authors/0/role`. */
  readonly pointer: string;
  readonly reason: string;
}

type Path = readonly PropertyKey[];

/**
 * Unknown values of enumerations alone; or what is out of its range as well, that of its schema, and
 * for a number that of a double; or every part that isn't as it should be, whatever is wrong with it.
 */
export type Tolerance = "enumerations" | "ranges" | "parts";

/** More than this is not left out bit by bit: the message is refused. */
const LEFT_OUT_MAX = 10_000;

/**
 * A copy of a message without what reads as missing (`null`) and, where ranges are tolerated,
 * without numbers too large for a double, which JSON.parse reads as infinite. More can be taken out
 * of it.
 */
export class LenientCopy {
  readonly ignored: IgnoredValue[] = [];
  #root: unknown;
  readonly #tolerance: Tolerance;
  /** Of lists that have lost items: where each of the rest was. */
  readonly #places = new WeakMap<readonly unknown[], readonly number[]>();
  /** Pointers to what was left out, with the round in which it was. */
  readonly #leftOut = new Map<string, number>();
  #round = 0;
  #hasHoles = false;

  constructor(message: unknown, tolerance: Tolerance) {
    this.#tolerance = tolerance;
    this.#root = this.#copy(message, []);
  }

  /** As it stands now. */
  get value(): unknown {
    return this.#root;
  }

  /**
   * Leaves out what these issues name, where that can be done: a value that isn't allowed, and what
   * can't do without a value that was left out before.
   *
   * @returns false if nothing was left out
   */
  leaveOut(issues: readonly z.core.$ZodIssue[]): boolean {
    const before = this.ignored.length;
    this.#round++;
    for (const issue of issues) {
      if (this.ignored.length >= LEFT_OUT_MAX) break;
      // A string that reads as an object, such as an author's name, holds no value of its own.
      const path = pathWithin(this.#root, issue.path);
      const found = path.reduce(childOf, this.#root);
      const itemsMax = itemsToKeep(issue);
      if (itemsMax !== undefined && Array.isArray(found)) this.#cut(path, found, itemsMax, issue);
      else if (found === undefined) this.#leaveOutParent(path);
      else if (isTolerated(issue, this.#tolerance)) this.#remove(path, reasonOf(issue, found));
    }
    if (this.#hasHoles) this.#root = this.#withoutHoles(this.#root);
    this.#hasHoles = false;
    return this.ignored.length > before;
  }

  /** RFC 6901 pointer into the message as it came. */
  pointerTo(path: Path): string {
    let value = this.#root;
    return toPointer(path.map((part) => {
      const place = Array.isArray(value) ? this.#places.get(value)?.[Number(part)] : undefined;
      value = childOf(value, part);
      return place ?? part;
    }));
  }

  /** What can't do without the value that was at `path` and was left out. */
  #leaveOutParent(path: Path): void {
    const round = this.#leftOut.get(this.pointerTo(path));
    if (round === undefined && this.#tolerance === "parts") {
      this.#remove(path.slice(0, -1), `Can't do without "${String(path.at(-1))}"`);
      return;
    }
    // Of what is gone since this round's issues were found, the next round tells what misses it.
    if (round === undefined || round === this.#round) return;
    this.#remove(path.slice(0, -1), `Can't do without "${String(path.at(-1))}"`);
  }

  #remove(path: Path, reason: string): void {
    const last = path.at(-1);
    const parent = path.slice(0, -1).reduce(childOf, this.#root);
    if (last === undefined || typeof parent !== "object" || parent === null) return;
    if (childOf(parent, last) === undefined) return;
    const pointer = this.pointerTo(path);
    this.#leftOut.set(pointer, this.#round);
    this.ignored.push({ pointer, reason });
    // A list keeps its length while other issues still point into it by index.
    if (Array.isArray(parent)) {
      parent[Number(last)] = undefined;
      this.#hasHoles = true;
    } else Reflect.deleteProperty(parent, last);
  }

  /** Leaves out what is beyond the first items; the pointer is to the first that goes. */
  #cut(path: Path, list: unknown[], itemsMax: number, { message }: z.core.$ZodIssue): void {
    this.ignored.push({ pointer: this.pointerTo([...path, itemsMax]), reason: message });
    list.length = itemsMax;
  }

  #copy(value: unknown, path: PropertyKey[]): unknown {
    if (
      this.#tolerance !== "enumerations" && typeof value === "number" && !Number.isFinite(value)
    ) {
      this.ignored.push({ pointer: toPointer(path), reason: "The number can't be kept exactly" });
      return undefined;
    }
    if (typeof value !== "object" || value === null) return value ?? undefined;
    const copyChild = (child: unknown, part: PropertyKey) => {
      path.push(part);
      const copied = this.#copy(child, path);
      path.pop();
      return copied;
    };
    if (Array.isArray(value)) return this.#compact(value.map(copyChild));
    const entries = Object.entries(value).map(([key, child]) => [key, copyChild(child, key)]);
    return Object.fromEntries(entries.filter(([, child]) => child !== undefined));
  }

  #withoutHoles(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      for (const [at, item] of value.entries()) value[at] = this.#withoutHoles(item);
      return this.#compact(value);
    }
    for (const [key, child] of Object.entries(value)) {
      // Lists are replaced by shorter ones; nothing else changes.
      if (Array.isArray(child)) setOwn(value, key, this.#withoutHoles(child));
      else this.#withoutHoles(child);
    }
    return value;
  }

  /** The list without its gaps. */
  #compact(list: unknown[]): unknown[] {
    if (!list.includes(undefined)) return list;
    const before = this.#places.get(list);
    const kept = [...list.keys()].filter((at) => list[at] !== undefined);
    const compacted = kept.map((at) => list[at]);
    this.#places.set(compacted, kept.map((at) => before?.[at] ?? at));
    return compacted;
  }
}

function childOf(value: unknown, part: PropertyKey): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, part)
    ? Reflect.get(value, part)
    : undefined;
}

/** As much of the path as leads through objects and lists. */
function pathWithin(root: unknown, path: Path): Path {
  let value = root;
  const depth = path.findIndex((part) => {
    if (typeof value !== "object" || value === null) return true;
    value = childOf(value, part);
    return false;
  });
  return depth < 0 ? path : path.slice(0, depth);
}

/** Defines it anew, so that a field of the name `__proto__` stays a field. */
function setOwn(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

function isTolerated(issue: z.core.$ZodIssue, tolerance: Tolerance): boolean {
  const { code } = issue;
  if (code === "invalid_value") return true;
  if (tolerance === "parts") return !isMainList(issue);
  return tolerance === "ranges" && (code === "too_big" || code === "too_small");
}

function reasonOf(issue: z.core.$ZodIssue, found: unknown): string {
  return issue.code === "invalid_value"
    ? `Unknown value ${preview(found)}: known are ${issue.values.join(", ")}`
    : issue.message;
}

function preview(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
