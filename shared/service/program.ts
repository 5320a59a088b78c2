/**
 * Runs a program to find something out, with a bound on its time and its output.
 *
 * `Deno.Command.output()` has neither bound: it waits for the end of the pipes, which a grandchild
 * that inherited them may hold for ever, and an abort signal ends the program alone. Here nobody
 * waits for pipes that someone else holds, and the program's whole group ends with it.
 */

export interface Program {
  /** A path, or a name that is looked up in `/usr/bin` and `/bin`. */
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; a fixed PATH and the C locale unless given. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another user than our own, which only root can give. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** After this time the program is ended with its group. */
  readonly timeoutMs: number;
  /** Ends the program with its group, as the end of its time does. */
  readonly signal?: AbortSignal;
  /** Kept of each of stdout and stderr; the rest is read and dropped. 1 MiB unless given. */
  readonly outputBytesMax?: number;
}

export interface ProgramOutcome {
  /** It ended by itself with exit code 0. */
  readonly success: boolean;
  /** Exit code; 128 plus the number of the signal that ended it. */
  readonly code: number;
  /** It was ended since its time was up, or by the signal. */
  readonly isLate: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

const OUTPUT_BYTES_MAX = 1024 * 1024;
/** Time for the rest of the output once the program has ended; only a held pipe needs it. */
const PIPES_MS_MAX = 1000;
const ENVIRONMENT = { LC_ALL: "C", PATH: "/usr/bin:/bin" };

/**
 * Runs `program` without a shell and without input, in a session and process group of its own.
 * What it left running in that group is ended with it.
 *
 * @throws {Deno.errors.NotFound} if there is no such program
 * @throws {Error} if it can't be started
 */
export async function runProgram(program: Program): Promise<ProgramOutcome> {
  const { command, args, env = ENVIRONMENT, cwd, user, timeoutMs, signal } = program;
  const bytesMax = program.outputBytesMax ?? OUTPUT_BYTES_MAX;
  const child = new Deno.Command(command, {
    args: [...args],
    clearEnv: true,
    env: { ...env },
    ...(cwd !== undefined && { cwd }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
    ...user,
  }).spawn();
  const outputs = [child.stdout, child.stderr].map((stream) => new PipeReader(stream, bytesMax));
  let isLate = false;
  const end = () => {
    isLate = true;
    endGroup(child.pid);
  };
  const timer = setTimeout(end, timeoutMs);
  signal?.addEventListener("abort", end);
  if (signal?.aborted) end();
  const { code, success } = await child.status;
  clearTimeout(timer);
  signal?.removeEventListener("abort", end);
  endGroup(child.pid);
  await withinTime(PIPES_MS_MAX, outputs.map(({ ended }) => ended));
  const [stdout = "", stderr = ""] = outputs.map((output) => output.stop());
  return { success: success && !isLate, code, isLate, stdout, stderr };
}

function endGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}

async function withinTime(ms: number, all: readonly Promise<void>[]): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeUp = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([Promise.all(all), timeUp]);
  clearTimeout(timer);
}

/** Reads a pipe as it comes, keeps its beginning, and can stop before the pipe ends. */
class PipeReader {
  /** Resolves when everything was read, never rejects. */
  readonly ended: Promise<void>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #kept: Uint8Array<ArrayBuffer>[] = [];

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, bytesMax: number) {
    this.#reader = stream.getReader();
    this.ended = this.#read(bytesMax).catch(() => {});
  }

  /** Gives the pipe up and returns what was kept of it. */
  stop(): string {
    this.#reader.cancel().catch(() => {});
    const decoder = new TextDecoder();
    return this.#kept.map((chunk) => decoder.decode(chunk, { stream: true })).join("") +
      decoder.decode();
  }

  async #read(bytesMax: number): Promise<void> {
    let bytesLeft = bytesMax;
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      if (bytesLeft > 0) this.#kept.push(value.subarray(0, bytesLeft));
      bytesLeft -= value.length;
    }
  }
}
