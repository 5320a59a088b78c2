/** For tests: runs seccomp filters as the kernel does, which refuses to load a faulty one. */
import {
  BPF,
  type Instruction,
  INSTRUCTION_BYTES,
  INSTRUCTIONS_MAX,
} from "../process/seccomp/bpf.ts";

/** What the kernel tells a filter of a call: `struct seccomp_data`. */
export interface SystemCall {
  /** As AUDIT_ARCH_* names it. */
  readonly architecture: number;
  readonly number: number;
  /** Six words of 64 bits; what is missing is 0. */
  readonly arguments?: readonly bigint[];
}

const DATA_BYTES = 64;

/**
 * What the program returns for `call`.
 * @throws {Error} where the kernel wouldn't load it (kernel/seccomp.c, `seccomp_check_filter`)
 */
export function runFilter(bytes: Uint8Array, call: SystemCall): number {
  const program = decode(bytes);
  program.forEach((instruction, index) => check(instruction, program.length - index - 1));
  const data = describe(call);
  let loaded = 0;
  for (let next = 0;;) {
    const instruction = program[next++];
    if (instruction === undefined) throw new Error("The program runs past its end");
    const { code, jt, jf, k } = instruction;
    if (code === BPF.return) return k;
    if (code === BPF.load) loaded = data.getUint32(k, true);
    else if (code === BPF.and) loaded = (loaded & k) >>> 0;
    else if (code === BPF.jump) next += k;
    else next += (code === BPF.jumpIfEqual ? loaded === k : loaded >= k) ? jt : jf;
  }
}

function decode(bytes: Uint8Array): Instruction[] {
  const count = bytes.length / INSTRUCTION_BYTES;
  if (!Number.isInteger(count) || count < 1 || count > INSTRUCTIONS_MAX) {
    throw new Error(`${bytes.length} bytes are no program`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: count }, (_, index) => ({
    code: view.getUint16(index * INSTRUCTION_BYTES, true),
    jt: view.getUint8(index * INSTRUCTION_BYTES + 2),
    jf: view.getUint8(index * INSTRUCTION_BYTES + 3),
    k: view.getUint32(index * INSTRUCTION_BYTES + 4, true),
  }));
}

/** @param following instructions behind this one */
function check({ code, jt, jf, k }: Instruction, following: number): void {
  const known: readonly number[] = Object.values(BPF);
  if (!known.includes(code)) throw new Error(`Instruction ${code} is unknown`);
  const isComparison = code === BPF.jumpIfEqual || code === BPF.jumpIfAtLeast;
  const furthest = isComparison ? Math.max(jt, jf) : code === BPF.jump ? k : 0;
  if (furthest >= following && code !== BPF.return) throw new Error("A jump leads past the end");
  if (code === BPF.load && (k % 4 !== 0 || k >= DATA_BYTES)) {
    throw new Error(`There is nothing to load at ${k}`);
  }
}

function describe(call: SystemCall): DataView {
  const data = new DataView(new ArrayBuffer(DATA_BYTES));
  data.setUint32(0, call.number, true);
  data.setUint32(4, call.architecture, true);
  for (const [index, value] of (call.arguments ?? []).entries()) {
    data.setBigUint64(16 + index * 8, value, true);
  }
  return data;
}
