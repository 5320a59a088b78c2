/** Answers that go on for long, such as events (security.md: "a revoked session is refused everywhere within 5 seconds"). */

/** With the 3 s for which a principal is remembered, still within the 5 s. */
export const LOOK_EVERY_MS = 1500;

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * The same stream, broken off once `isAllowed` says no, or can't tell: whoever may have it asks again.
 *
 * @param everyMs milliseconds between two questions
 */
export function endWhenRefused(
  body: Body,
  isAllowed: () => Promise<boolean>,
  everyMs: number = LOOK_EVERY_MS,
): Body {
  const reader = body.getReader();
  let timer: ReturnType<typeof setInterval> | undefined;
  return new ReadableStream({
    start(controller) {
      timer = setInterval(async () => {
        if (await isAllowed().catch(() => false)) return;
        clearInterval(timer);
        controller.error(new Error("The session or token has ended"));
        await reader.cancel().catch(() => {});
      }, everyMs);
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        clearInterval(timer);
        controller.close();
      } catch (error) {
        clearInterval(timer);
        throw error;
      }
    },
    async cancel(reason) {
      clearInterval(timer);
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
