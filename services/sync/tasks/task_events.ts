/** A task's changes as server-sent events (WHATWG HTML section 9.2): `task` with a Task in JSON. */
import { type Task, TERMINAL_TASK_STATES } from "@codex/protocol";
import type { TaskWatch } from "./task_watch.ts";

/** Something is sent at least this often: whoever passes it on takes silence for a fault. */
const SIGN_OF_LIFE_MS = 10_000;
/** Then the client connects again, and who it is is checked again. */
const STREAM_MS_MAX = 5 * 60_000;
const RECONNECT_MS = 1000;

/** @param first the task as it is now; the stream ends with the task */
export function taskEvents(
  watch: TaskWatch,
  first: Task,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let end = () => {};
  return new ReadableStream({
    start(controller) {
      const send = (text: string) => controller.enqueue(encoder.encode(text));
      const tell = (task: Task) => send(`event: task\ndata: ${JSON.stringify(task)}\n\n`);
      send(`retry: ${RECONNECT_MS}\n\n`);
      tell(first);
      if (TERMINAL_TASK_STATES.includes(first.state)) return controller.close();

      const stopWatching = watch.watch(first.id, (task) => {
        if (task !== undefined) tell(task);
        if (task === undefined || TERMINAL_TASK_STATES.includes(task.state)) finish();
      });
      const signs = setInterval(() => send(":\n\n"), SIGN_OF_LIFE_MS);
      const limit = setTimeout(() => finish(), STREAM_MS_MAX);
      end = () => {
        stopWatching();
        clearInterval(signs);
        clearTimeout(limit);
      };
      const finish = () => {
        end();
        controller.close();
      };
    },
    cancel: () => end(),
  });
}
