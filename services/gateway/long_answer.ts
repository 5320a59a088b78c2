/** Answers that go on for long, such as events (security.md: "a revoked session is refused everywhere within 5 seconds"). */

/** With the 3 s for which a principal is remembered, still within the 5 s. */
export const LOOK_EVERY_MS = 1500;

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

export interface LongAnswerOptions {
  readonly isAllowed: () => Promise<boolean>;
  /** Milliseconds between two questions; {@linkcode LOOK_EVERY_MS} unless a test is in a hurry. */
  readonly everyMs?: number;
  /** Called once the stream is over, however it ends. */
  readonly onEnd?: () => void;
}

/**
 * The same stream, broken off once `isAllowed` says no, or can't tell: whoever may have it asks again.
 */
export function endWhenRefused(body: Body, options: LongAnswerOptions): Body {
  const { isAllowed, everyMs = LOOK_EVERY_MS, onEnd } = options;
  const reader = body.getReader();
  let timer: ReturnType<typeof setInterval> | undefined;
  const end = () => {
    clearInterval(timer);
    onEnd?.();
  };
  return new ReadableStream({
    start(controller) {
      timer = setInterval(async () => {
        if (await isAllowed().catch(() => false)) return;
        end();
        controller.error(new Error("The session or token has ended"));
        await reader.cancel().catch(() => {});
      }, everyMs);
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        end();
        controller.close();
      } catch (error) {
        end();
        throw error;
      }
    },
    async cancel(reason) {
      end();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
