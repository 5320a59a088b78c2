/** Compiles the rules to the program that the kernel runs before each system call of a plugin. */
import { and, BPF, branch, encode, type Instruction, load, returns } from "./bpf.ts";
import { type Answer, type Condition, ERRNO, type Rule, RULES } from "./rules.ts";
import { type Architecture, SYSTEM_CALLS } from "./system_calls.ts";

/** Offsets in `struct seccomp_data` (include/uapi/linux/seccomp.h). */
const NUMBER_OFFSET = 0;
const ARCHITECTURE_OFFSET = 4;
const ARGUMENTS_OFFSET = 16;
const ARGUMENT_BYTES = 8;

/** include/uapi/linux/audit.h */
const AUDIT_ARCH: Readonly<Record<Architecture, number>> = {
  x86_64: 0xc000_003e,
  aarch64: 0xc000_00b7,
};

/** SECCOMP_RET_*: what a filter may answer, to which the error's number is added. */
export const RETURN = {
  killProcess: 0x8000_0000,
  error: 0x0005_0000,
  allow: 0x7fff_0000,
} as const;

type Program = readonly Instruction[];

/** From `first` up to the next span's, all numbers have this program. */
interface Span {
  readonly first: number;
  readonly program: Program;
}

/**
 * The filter as `bwrap --seccomp` takes it. A call of another architecture than the machine's own
 * (32-bit code on a 64-bit kernel) ends the process. Numbers in no table, x32's among them, whose
 * bit makes them larger than all others, are answered ENOSYS.
 *
 * @throws {Error} if a call is named in two rules, or in no architecture's table
 */
export function compileFilter(
  architecture: Architecture,
  rules: readonly Rule[] = RULES,
): Uint8Array<ArrayBuffer> {
  const spans = spansOf(SYSTEM_CALLS[architecture], byName(rules));
  return encode([
    load(ARCHITECTURE_OFFSET),
    ...branch(BPF.jumpIfEqual, AUDIT_ARCH[architecture], {
      holds: [load(NUMBER_OFFSET), ...search(spans)],
      fails: [returns(RETURN.killProcess)],
    }),
  ]);
}

function byName(rules: readonly Rule[]): ReadonlyMap<string, Rule> {
  const known = new Set(Object.values(SYSTEM_CALLS).flatMap((table) => [...table.keys()]));
  const named = new Map<string, Rule>();
  for (const rule of rules) {
    for (const name of rule.calls.split(" ")) {
      if (!known.has(name)) throw new Error(`No system call is named "${name}"`);
      if (named.has(name)) throw new Error(`System call "${name}" is in two rules`);
      named.set(name, rule);
    }
  }
  return named;
}

function spansOf(
  table: ReadonlyMap<string, number>,
  rules: ReadonlyMap<string, Rule>,
): Span[] {
  const allowed: Program = [returns(RETURN.allow)];
  const unknown: Program = [returns(RETURN.error | ERRNO.ENOSYS)];
  const programs = new Map<number, Program>();
  for (const [name, number] of table) {
    const rule = rules.get(name);
    programs.set(number, rule === undefined ? allowed : programOf(rule));
  }
  const spans: Span[] = [];
  const end = Math.max(...programs.keys()) + 1;
  for (let first = 0; first <= end; first++) {
    const program = programs.get(first) ?? unknown;
    const last = spans.at(-1)?.program;
    if (last === undefined || !isSame(last, program)) spans.push({ first, program });
  }
  return spans;
}

function isSame(one: Program, other: Program): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Finds the span of the loaded number by halves. */
function search(spans: readonly Span[]): Program {
  const middle = spans.length >> 1;
  const [only] = spans;
  const upper = spans[middle];
  if (middle === 0 || upper === undefined) return only?.program ?? [];
  return branch(BPF.jumpIfAtLeast, upper.first, {
    holds: search(spans.slice(middle)),
    fails: search(spans.slice(0, middle)),
  });
}

function programOf({ cases = [], otherwise }: Rule): Program {
  return cases.reduceRight<Program>(
    (next, { when, answer }) => conditional(when, [returns(returnOf(answer))], next),
    [returns(returnOf(otherwise))],
  );
}

/** Runs `then` if all conditions hold, else `next`. */
function conditional(when: readonly Condition[], then: Program, next: Program): Program {
  return when.reduceRight<Program>(
    (inner, { argument, mask, isOneOf }) => [
      load(ARGUMENTS_OFFSET + argument * ARGUMENT_BYTES),
      ...(mask === undefined ? [] : [and(mask)]),
      ...isOneOf.reduceRight<Program>(
        (other, value) => branch(BPF.jumpIfEqual, value, { holds: inner, fails: other }),
        next,
      ),
    ],
    then,
  );
}

function returnOf(answer: Answer): number {
  return answer === "allow" ? RETURN.allow : RETURN.error | ERRNO[answer];
}
