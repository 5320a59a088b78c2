/** A body that goes on for long, such as a catalogue: it has to go on. */

/** Milliseconds between two pieces of it. */
export const UPLOAD_PAUSE_MS = 60_000;

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

export class SteadyUpload {
  readonly body: Body;
  #hasStalled = false;

  /**
   * @param pauseMs milliseconds that the client may take for the next piece, once it is asked for
   */
  constructor(source: Body, readonly pauseMs: number = UPLOAD_PAUSE_MS) {
    const reader = source.getReader();
    let timer: ReturnType<typeof setTimeout> | undefined;
    this.body = new ReadableStream({
      pull: async (controller) => {
        timer = setTimeout(() => {
          this.#hasStalled = true;
          const error = new Error("The client stopped in the middle of its body");
          controller.error(error);
          reader.cancel(error).catch(() => {});
        }, pauseMs);
        try {
          const { done, value } = await reader.read();
          if (this.#hasStalled) return;
          if (done) controller.close();
          else controller.enqueue(value);
        } finally {
          clearTimeout(timer);
        }
      },
      async cancel(reason) {
        clearTimeout(timer);
        await reader.cancel(reason);
      },
    }, { highWaterMark: 0 });
  }

  /** Whether the client took too long. */
  get hasStalled(): boolean {
    return this.#hasStalled;
  }
}
