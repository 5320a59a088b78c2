/** What a call sends to a plugin, told without its values. */
import { plainText } from "../rpc/plain_text.ts";

export interface SentShape {
  /** Names of the fields, nested ones with dots: `entries.progress.volumes`. Sorted. */
  readonly fields: readonly string[];
  /** Items of the lists of objects; where there are none, of the other lists. */
  readonly entries: number;
}

const DEPTH_MAX = 4;
const FIELDS_MAX = 200;
const NAME_LENGTH_MAX = 100;

/** Objects whose keys people choose: a key there is a value. */
const OPEN_ENDED: ReadonlySet<string> = new Set(["customMetadata", "metadata"]);

/** @param params as they were sent: JSON */
export function sentShape(params: object): SentShape {
  const fields = new Set<string>();
  let objects = 0;
  let scalars = 0;
  for (const value of Object.values(params)) {
    if (!Array.isArray(value)) continue;
    if (value.some(isObject)) objects += value.length;
    else scalars += value.length;
  }
  collect(params, "", 0, fields);
  // A name that the database refuses would keep the whole batch out of the ledger.
  const names = [...fields].map((name) => plainText(name, name.length));
  return { fields: names.sort(), entries: objects || scalars };
}

function collect(value: object, path: string, depth: number, fields: Set<string>): void {
  for (const [name, part] of Object.entries(value)) {
    if (part === undefined || fields.size >= FIELDS_MAX) continue;
    const full = path + name.slice(0, NAME_LENGTH_MAX);
    const inner = depth < DEPTH_MAX && !OPEN_ENDED.has(name) ? objectsIn(part) : [];
    if (inner.length === 0) fields.add(full);
    for (const object of inner) collect(object, `${full}.`, depth + 1, fields);
  }
}

/** The object itself, or those of a list, which have the same fields more or less. */
function objectsIn(part: unknown): object[] {
  const candidates: unknown[] = Array.isArray(part) ? part : [part];
  return candidates.filter((it): it is object => isObject(it) && Object.keys(it).length > 0);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
