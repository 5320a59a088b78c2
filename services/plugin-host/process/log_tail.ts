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

/** Bytes a second of stderr that are read; a plugin that writes more waits on its own pipe. */
const BYTES_PER_SECOND_MAX = 1024 * 1024;

/**
 * Reads a plugin's stderr to its end, or until `signal`, in lines, never faster than {@linkcode BYTES_PER_SECOND_MAX}.
 * Never rejects.
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
      for (const line of lines) onLine(line);
      const pauseMs = value.length / BYTES_PER_SECOND_MAX * 1000;
      if (pauseMs >= 1) await pause(pauseMs);
    }
  } catch {
    // A pipe that can't be read is a pipe that ended.
  }
  if (rest !== "") onLine(rest);
}
