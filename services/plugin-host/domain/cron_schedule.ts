/** Checks a cron schedule of five fields, so that a wrong one is refused with the place where it is wrong. */

export type CronResult =
  | { readonly ok: true }
  | {
    readonly ok: false;
    /** Of the first wrong character, from 1. */
    readonly position: number;
    readonly reason: string;
  };

interface CronField {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Names for the numbers from `least` on. */
  readonly names?: readonly string[];
}

/** POSIX crontab, with the names that every cron knows; 7 is Sunday too. */
const FIELDS: readonly CronField[] = [
  { name: "minute", least: 0, most: 59 },
  { name: "hour", least: 0, most: 23 },
  { name: "day of the month", least: 1, most: 31 },
  {
    name: "month",
    least: 1,
    most: 12,
    names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
  },
  {
    name: "day of the week",
    least: 0,
    most: 7,
    names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
  },
];

/** `*`, a number or name, or a range of them, each with a step or without. */
const PART = /^(?:\*|(?<from>\w+)(?:-(?<to>\w+))?)(?:\/(?<step>\w+))?$/;

export function checkCron(text: string): CronResult {
  const words = [...text.matchAll(/\S+/g)];
  const extra = words[FIELDS.length];
  if (extra !== undefined) return tooMany(words.length, extra.index);
  for (const [index, field] of FIELDS.entries()) {
    const word = words[index];
    if (word === undefined) {
      return wrong(text.trimEnd().length, `Has no field for the ${field.name}`);
    }
    const result = checkField(word[0], word.index, field);
    if (!result.ok) return result;
  }
  return { ok: true };
}

/** Told before any field is looked at: with seconds in front each of them is in a wrong place. */
function tooMany(count: number, at: number): CronResult {
  const names = FIELDS.map(({ name }) => name);
  const wanted = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  const remedy = count === FIELDS.length + 1 ? "; leave out the seconds in front" : "";
  return wrong(at, `Has ${count} fields where five are wanted: ${wanted}${remedy}`);
}

/** @param offset of the field in the schedule */
function checkField(word: string, offset: number, field: CronField): CronResult {
  let start = offset;
  for (const part of word.split(",")) {
    const fault = faultOf(part, field);
    if (fault !== undefined) return wrong(start + fault.at, fault.reason);
    start += part.length + 1;
  }
  return { ok: true };
}

function faultOf(part: string, field: CronField): { at: number; reason: string } | undefined {
  const groups = PART.exec(part)?.groups;
  if (groups === undefined) {
    return { at: 0, reason: `"${part}" is no ${field.name}, range or step` };
  }
  const { from, to, step } = groups;
  const range = `from ${field.least} to ${field.most}`;
  for (const [value, at] of [[from, 0], [to, (from?.length ?? 0) + 1]] as const) {
    if (value !== undefined && numberOf(value, field) === undefined) {
      return { at, reason: `"${value}" is no ${field.name}: it is ${range}` };
    }
  }
  if (from !== undefined && to !== undefined) {
    const [first, last] = [numberOf(from, field) ?? 0, numberOf(to, field) ?? 0];
    if (first > last) return { at: 0, reason: `The range "${from}-${to}" goes backwards` };
  }
  if (step !== undefined && !/^[1-9]\d{0,2}$/.test(step)) {
    return { at: part.length - step.length, reason: `"${step}" is no step: it is 1 or more` };
  }
  return undefined;
}

function numberOf(text: string, { least, most, names = [] }: CronField): number | undefined {
  const named = names.indexOf(text.toUpperCase());
  if (named >= 0) return least + named;
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= least && number <= most ? number : undefined;
}

/** @param at from 0 */
function wrong(at: number, reason: string): CronResult {
  return { ok: false, position: at + 1, reason };
}
