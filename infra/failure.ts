/**
 * An end that is foreseen: a port in use, a bad variable, a folder that can't be read. Its message is
 * the one line that the person who started the program reads, so it says what is wrong and, where
 * that isn't plain, what to do.
 */
export class Failure extends Error {
  override name = "Failure";
}

/**
 * Runs a program's body and turns a {@link Failure} into one line on stderr and exit code 1.
 * Anything else is a bug and keeps its stack trace.
 */
export async function exitOnFailure(run: () => Promise<number>): Promise<never> {
  try {
    Deno.exit(await run());
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(`error: ${error.message}`);
    Deno.exit(1);
  }
}

/** The message of anything thrown, on one line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, " ").trim();
}
