/** Classic BPF, in which seccomp filters are written (Linux `include/uapi/linux/filter.h`). */

/** One `struct sock_filter`. */
export interface Instruction {
  readonly code: number;
  /** Instructions to pass over if the comparison holds, and if it doesn't; 255 at most. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** `struct sock_filter` has 8 bytes. */
export const INSTRUCTION_BYTES = 8;

/** BPF_MAXINSNS: the kernel takes no longer program. */
export const INSTRUCTIONS_MAX = 4096;

export const BPF = {
  /** BPF_LD | BPF_W | BPF_ABS: takes a word of `struct seccomp_data`. */
  load: 0x20,
  /** BPF_ALU | BPF_AND | BPF_K */
  and: 0x54,
  /** BPF_JMP | BPF_JA */
  jump: 0x05,
  /** BPF_JMP | BPF_JEQ | BPF_K */
  jumpIfEqual: 0x15,
  /** BPF_JMP | BPF_JGE | BPF_K, without sign */
  jumpIfAtLeast: 0x35,
  /** BPF_RET | BPF_K */
  return: 0x06,
} as const;

const OFFSET_MAX = 255;

export function load(offset: number): Instruction {
  return { code: BPF.load, jt: 0, jf: 0, k: offset };
}

export function and(mask: number): Instruction {
  return { code: BPF.and, jt: 0, jf: 0, k: mask };
}

export function returns(value: number): Instruction {
  return { code: BPF.return, jt: 0, jf: 0, k: value };
}

/**
 * `holds` runs if the loaded word compares so with `k`, else `fails`. Both must end by returning,
 * as one stands behind the other.
 */
export function branch(
  code: typeof BPF.jumpIfEqual | typeof BPF.jumpIfAtLeast,
  k: number,
  { holds, fails }: {
    readonly holds: readonly Instruction[];
    readonly fails: readonly Instruction[];
  },
): Instruction[] {
  const passes = fails.length;
  if (passes <= OFFSET_MAX) return [{ code, jt: passes, jf: 0, k }, ...fails, ...holds];
  // Only an unconditional jump reaches that far.
  const far = { code: BPF.jump, jt: 0, jf: 0, k: passes };
  return [{ code, jt: 0, jf: 1, k }, far, ...fails, ...holds];
}

/** As the kernel reads it on x86-64 and arm64, whose bytes are in little-endian order. */
export function encode(program: readonly Instruction[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(program.length * INSTRUCTION_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    const offset = index * INSTRUCTION_BYTES;
    view.setUint16(offset, code, true);
    view.setUint8(offset + 2, jt);
    view.setUint8(offset + 3, jf);
    view.setUint32(offset + 4, k, true);
  }
  return bytes;
}
