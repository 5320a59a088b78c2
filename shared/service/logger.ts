/** JSON lines on stdout, with secrets redacted, through LogTape. */
import {
  configure,
  dispose,
  getConsoleSink,
  getJsonLinesFormatter,
  getLogger,
} from "@logtape/logtape";
import type { Logger, LogLevel, LogRecord } from "@logtape/logtape";
import { JWT_PATTERN, redactByField, redactByPattern } from "@logtape/redaction";
import type { ServiceName } from "@codex/protocol";

export type { Logger };

/** Fields that never appear in a log, whatever their value. */
const SECRET_FIELDS = new RegExp(
  [
    "pass",
    "secret",
    "token",
    "credential",
    "authorization",
    "cookie",
    "encryptionKey",
    "verifier",
    "ticket",
    "setupCode",
  ].join("|"),
  "i",
);

/** Passwords inside URLs, for instance of a database. */
const URL_PASSWORD = {
  pattern: /(?<=:\/\/[^:/\s]{1,64}:)[^@/\s]{1,256}(?=@)/g,
  replacement: "[REDACTED]",
};

const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: "debug",
  info: "info",
  warn: "warning",
  error: "error",
};

/**
 * Sets up logging for this process and returns the service's logger. Called once, by `main.ts`.
 *
 * @param level `debug`, `info`, `warn` or `error`
 */
export async function startLogging(service: ServiceName, level: string): Promise<Logger> {
  const toLine = getJsonLinesFormatter({ properties: "flatten" });
  const formatter = redactByPattern(
    (record: LogRecord) =>
      toLine({
        ...record,
        message: unquoted(record.message),
        properties: besideLine(record.properties),
      }),
    [JWT_PATTERN, URL_PASSWORD],
  );
  await configure({
    sinks: {
      stdout: redactByField(
        getConsoleSink({ formatter, levelMap: ALL_TO_STDOUT, nonBlocking: true }),
        {
          fieldPatterns: [SECRET_FIELDS],
          action: () => "[REDACTED]",
        },
      ),
    },
    loggers: [
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stdout"] },
      { category: [], lowestLevel: LEVELS[level] ?? "info", sinks: ["stdout"] },
    ],
    reset: true,
  });
  return getLogger(["codex", service]);
}

/** Writes what is still held back: lines are written in batches, off the path of requests. */
export async function stopLogging(): Promise<void> {
  await dispose();
}

/** A logger that drops everything until logging is started: for tests. */
export function quietLogger(): Logger {
  return getLogger(["codex", "quiet"]);
}

/**
 * The message, whose texts and values come in turn, with the strings among its values made part of the
 * text: quoted once more, inside a line of JSON, they are hard to read.
 */
function unquoted(message: LogRecord["message"]): LogRecord["message"] {
  const parts: unknown[] = [""];
  for (const [index, part] of message.entries()) {
    if (index % 2 === 0 || typeof part === "string") parts.push(`${parts.pop()}${part}`);
    else parts.push(part, "");
  }
  return parts;
}

/** Where a record's property stands that has the name of a field of the line. */
const NESTED = "properties";
const LINE_FIELDS: ReadonlySet<string> = new Set([
  "@timestamp",
  "level",
  "message",
  "logger",
  NESTED,
]);

/** Properties that don't take the place of the line's own fields, whoever named them. */
function besideLine(properties: LogRecord["properties"]): LogRecord["properties"] {
  const names = Object.keys(properties);
  if (!names.some((name) => LINE_FIELDS.has(name))) return properties;
  const { beside = [], nested = [] } = Object.groupBy(
    Object.entries(properties),
    ([name]) => LINE_FIELDS.has(name) ? "nested" : "beside",
  );
  return { ...Object.fromEntries(beside), [NESTED]: Object.fromEntries(nested) };
}

const ALL_TO_STDOUT = {
  trace: "log",
  debug: "log",
  info: "log",
  warning: "log",
  error: "log",
  fatal: "log",
} as const;
