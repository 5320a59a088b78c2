/** What the person sees: the supervisor's own lines, and those of each service with its name. */
import { lines } from "@codex/service/lines";

export interface Output {
  /** A line of the supervisor's own. */
  say(text: string): void;
  /** A line on stderr. */
  complain(text: string): void;
  /** One line of a part's log, JSON or plain. */
  relay(label: string, line: string, stream: "stdout" | "stderr"): void;
}

const LABEL_WIDTH = 12;

/**
 * @param readable log records in one short line each, for people; else as they are, for programs
 */
export function createOutput(options: {
  readonly readable: boolean;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}): Output {
  return {
    say: (text) => options.stdout(`${text}\n`),
    complain: (text) => options.stderr(`${text}\n`),
    relay: (label, line, stream) => {
      const record = parseRecord(line);
      const text = record === undefined
        ? labelled(label, printable(line))
        : options.readable
        ? labelled(label, printable(describeRecord(record)))
        : line;
      options[stream](`${text}\n`);
    },
  };
}

/** Relays a child's stream to its end. */
export async function relayLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  for await (const line of lines(stream)) onLine(line);
}

/** Further lines of a text are indented, so that none can pass itself off as a line of the log. */
function labelled(label: string, text: string): string {
  return `${label.padEnd(LABEL_WIDTH)} ${
    text.replaceAll("\n", `\n${" ".repeat(LABEL_WIDTH + 1)}`)
  }`;
}

/** Control characters escaped: what a log quotes from a request or a plugin must not steer the terminal. */
function printable(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A log record of shared/service: JSON with a message; anything else is plain text. */
function parseRecord(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "message" in value
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

/** "12:00:01 WARN message key=value …", without the values that the message has in it already. */
function describeRecord(record: Record<string, unknown>): string {
  const { "@timestamp": timestamp, level, message, logger: _logger, ...fields } = record;
  const time = typeof timestamp === "string" ? timestamp.slice(11, 19) : "";
  const severity = level === "INFO" ? "" : String(level ?? "");
  const text = String(message);
  const details = Object.entries(fields)
    .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)])
    .filter(([, value]) => !text.includes(String(value)) && !text.includes(JSON.stringify(value)))
    .map(([name, value]) => `${name}=${value}`);
  return [time, severity, text, ...details].filter((part) => part !== "").join(" ");
}
