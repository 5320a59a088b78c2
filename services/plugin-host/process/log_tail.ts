/** protocol.md "Framing": stderr is log text, shown to the admin. */
const LINES_MAX = 1000;
export const LINE_LENGTH_MAX = 4096;

export interface LogLine {
  readonly at: Date;
  readonly text: string;
}

/** The last lines that a plugin wrote to stderr. */
export class LogTail {
  #lines: LogLine[] = [];
  /** Lines that made room for newer ones. */
  dropped = 0;

  add(text: string, at: Date): void {
    this.#lines.push({ at, text: text.slice(0, LINE_LENGTH_MAX) });
    // Cut in steps, so that a busy log is not copied for each line.
    if (this.#lines.length >= LINES_MAX * 1.5) this.#trim();
  }

  /** The newest lines, oldest first. */
  latest(): readonly LogLine[] {
    this.#trim();
    return this.#lines;
  }

  #trim(): void {
    const excess = this.#lines.length - LINES_MAX;
    if (excess <= 0) return;
    this.#lines = this.#lines.slice(excess);
    this.dropped += excess;
  }
}

/** Of stderr that are read in a second; a plugin that writes more waits on its own pipe. */
const BYTES_PER_SECOND_MAX = 1024 * 1024;
/** An empty line costs the host as much as any other: a MiB of them took it 1.5 s [tried]. */
const LINES_PER_SECOND_MAX = 20_000;
/** With the note of what was left out before them they are all that a log keeps. */
const TOGETHER_MAX = LINES_MAX - 1;

/**
 * Reads a plugin's stderr to its end, or until `signal`, in lines, never faster than {@linkcode BYTES_PER_SECOND_MAX} and
 * {@linkcode LINES_PER_SECOND_MAX}. Of lines that come together only as many are told as a log keeps. Never rejects.
 */
export async function readStderr(
  stderr: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (text: string) => void,
  pause: (ms: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  // Not fatal: a log is text for people, with replacement characters where it is not UTF-8.
  const decoder = new TextDecoder();
  const reader = stderr.getReader();
  signal.addEventListener("abort", () => reader.cancel().catch(() => {}), { once: true });
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r?\n/);
      rest = (lines.pop() ?? "").slice(0, LINE_LENGTH_MAX);
      const leftOut = Math.max(0, lines.length - TOGETHER_MAX);
      if (leftOut > 0) onLine(`${leftOut} lines are left out here`);
      for (const line of lines.slice(leftOut)) onLine(line);
      const pauseMs = 1000 * Math.max(
        value.length / BYTES_PER_SECOND_MAX,
        lines.length / LINES_PER_SECOND_MAX,
      );
      if (pauseMs >= 1) await pause(pauseMs);
    }
  } catch {
    // A pipe that can't be read is a pipe that ended.
  }
  if (rest !== "") onLine(rest);
}
