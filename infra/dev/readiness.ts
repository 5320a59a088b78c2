/** Asking a service whether it is ready (http-api.md: "Every service"). */
import { z } from "zod";
import { reasonOf } from "../failure.ts";

const POLL_MS = 40;
const REQUEST_TIMEOUT_MS = 4_000;

const notReady = z.object({
  missing: z.array(z.object({ name: z.string(), problem: z.string().nullable() })),
});

/**
 * Asks `<url>/health/ready` until it says yes; false once `signal` is aborted.
 *
 * @param onWaiting called with the reason each time it says no
 */
export async function untilReady(
  url: string,
  signal: AbortSignal,
  onWaiting: (reason: string) => void,
): Promise<boolean> {
  while (!signal.aborted) {
    const reason = await askReady(url, signal);
    if (reason === undefined) return true;
    if (signal.aborted) break;
    onWaiting(reason);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

/** Undefined when ready, else why not. */
async function askReady(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const reply = await fetch(`${url}/health/ready`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    const body: unknown = await reply.json().catch(() => undefined);
    if (reply.ok) return undefined;
    const { data } = notReady.safeParse(body);
    return data?.missing.map((it) => `${it.name}: ${it.problem}`).join("; ") ??
      `it answers ${reply.status}`;
  } catch (error) {
    return reasonOf(error);
  }
}
