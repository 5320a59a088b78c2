/**
 * Configuration by environment or by file (architecture.md: "Configuration").
 *
 * `NAME_FILE` holds the path of a file with the value of `NAME`. Every bad variable is reported at
 * once, so that a person mends them in one go.
 */
import { z } from "zod";

/** Where configuration comes from: variables, and files that they name. */
export interface ConfigSource {
  get(name: string): string | undefined;
  readTextFile(path: string): string;
}

/** Variables of `env`, as `main.ts` passes it; files from the disk. */
export function configSource(env: { get(name: string): string | undefined }): ConfigSource {
  return {
    get: (name) => env.get(name),
    readTextFile: (path) => Deno.readTextFileSync(path),
  };
}

/** A start-up error that a person can act on: shown as it is, without a stack trace. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/**
 * Reads the variables that `shape` names and freezes the result.
 *
 * An empty variable counts as not set; a trailing line break of a file is dropped.
 *
 * @param shape variable name → schema of its text
 * @throws ConfigError listing every bad variable
 */
export function readConfig<Shape extends Readonly<Record<string, z.ZodType>>>(
  source: ConfigSource,
  shape: Shape,
): { readonly [Name in keyof Shape]: z.output<Shape[Name]> } {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(shape)) {
    const read = readVariable(source, name);
    if ("problem" in read) {
      problems.push(read.problem);
      continue;
    }
    const parsed = schema.safeParse(read.value);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(`${read.from}: ${describe(parsed.error, read.value)}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(values) as { readonly [Name in keyof Shape]: z.output<Shape[Name]> };
}

function readVariable(
  source: ConfigSource,
  name: string,
): { from: string; value: string | undefined } | { problem: string } {
  const direct = source.get(name);
  const fileName = `${name}_FILE`;
  const path = source.get(fileName);
  if (path === undefined || path === "") {
    return { from: name, value: direct === "" ? undefined : direct };
  }
  if (direct !== undefined && direct !== "") {
    return { problem: `${name} and ${fileName} are both set: set one` };
  }
  try {
    return { from: fileName, value: source.readTextFile(path).replace(/\r?\n$/, "") };
  } catch {
    return { problem: `${fileName}: Can't read "${path}"` };
  }
}

/** Never quotes the value: it may be a secret. */
function describe(error: z.ZodError, value: string | undefined): string {
  if (value === undefined) return "Is not set";
  return error.issues.map((issue) => issue.message).join("; ");
}

/** A whole number within bounds, both included. */
export const Count = (least: number, most: number) =>
  z.string().regex(/^\d+$/, "Must be a whole number").transform(Number)
    .refine((count) => count >= least && count <= most, `Must be from ${least} to ${most}`);

/** A TCP port; 0 takes a free one. */
export const Port = z.string().regex(/^\d{1,5}$/, "Must be a port number from 0 to 65535")
  .transform(Number)
  .refine((port) => port <= 65535, "Must be a port number from 0 to 65535");

export const HttpUrl = z.url({ protocol: /^https?$/, error: "Must be an http or https URL" })
  .transform((url) => url.replace(/\/+$/, ""));

export const DatabaseUrl = z.string().regex(
  /^postgres(ql)?:\/\//,
  "Must be a URL that starts with postgres://",
);

export const Flag = z.enum(["true", "false"], { error: 'Must be "true" or "false"' })
  .transform((text) => text === "true");

export const LogLevelName = z.enum(["debug", "info", "warn", "error"], {
  error: "Must be debug, info, warn or error",
});

/** Text that must be JSON of the shape `schema`. */
export function jsonText<Schema extends z.ZodType>(schema: Schema) {
  return z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: "custom", message: "Must be JSON" });
      return z.NEVER;
    }
  }).pipe(schema);
}
