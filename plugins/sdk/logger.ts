/** Log lines on standard error, which the host shows to the admin under the plugin's name. */

/** Least important first, as `initialize` names them. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = typeof LOG_LEVELS[number];

/** Further facts of a log line; never put a secret or a person's data in them. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A logger whose level is set once the host has told it. One record is one line. */
export class LevelLogger implements Logger {
  level: LogLevel = "info";

  constructor(private readonly write: (line: string) => void) {}

  debug(message: string, fields?: LogFields): void {
    this.#log("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log("error", message, fields);
  }

  #log(level: LogLevel, message: string, fields?: LogFields): void {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(this.level)) return;
    const suffix = fields === undefined ? "" : ` ${describe(fields)}`;
    this.write(`${level} ${message}${suffix}`.replaceAll(/\r?\n/g, "\\n"));
  }
}

export function isLogLevel(value: unknown): value is LogLevel {
  return LOG_LEVELS.includes(value as LogLevel);
}

/** Errors with their stack, since `JSON.stringify` shows them as `{}`; a cycle must not end the caller. */
function describe(fields: LogFields): string {
  try {
    return JSON.stringify(fields, (_key, value) => {
      if (value instanceof Error) return value.stack ?? value.message;
      return typeof value === "bigint" ? String(value) : value;
    });
  } catch {
    return "(fields can't be shown)";
  }
}
