/** For tests: waits for what comes to pass soon, with time enough for a busy machine. */
const WITHIN_MS = 60_000;
const POLL_MS = 10;

/** @throws {Error} names `what` if it never holds */
export async function waitUntil(
  holds: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(`Not within ${WITHIN_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
