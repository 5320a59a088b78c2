/** Reading the environment with shared/service's rules (`NAME` or `NAME_FILE`). */
import type { z } from "zod";
import { ConfigError, readConfig } from "@codex/service/config";
import { Failure } from "./failure.ts";

export type Environment = Readonly<Record<string, string>>;

/**
 * @param shape variable name → schema of its text
 * @throws {Failure} naming every bad variable, on one line
 */
export function readVariables<Shape extends Readonly<Record<string, z.ZodType>>>(
  environment: Environment,
  shape: Shape,
): ReturnType<typeof readConfig<Shape>> {
  const source = {
    get: (name: string) => environment[name],
    readTextFile: (path: string) => Deno.readTextFileSync(path),
  };
  try {
    return readConfig(source, shape);
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(error.problems.join("; "));
    throw error;
  }
}
