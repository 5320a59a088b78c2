/** `GET /health/live` and `GET /health/ready` (http-api.md: "Every service"): no identity needed, nothing secret in them. */
import { Hono } from "hono";

/** Resolves to null when well, else to what is missing, in words without secrets. */
export type ReadinessCheck = () => Promise<string | null>;

/** A check that takes longer counts as failed. */
const CHECK_TIMEOUT_MS = 3000;

export function healthRoutes(checks: Readonly<Record<string, ReadinessCheck>>) {
  return new Hono()
    .get("/live", (c) => c.json({ status: "live" as const }, 200))
    .get("/ready", async (c) => {
      const results = await Promise.all(
        Object.entries(checks).map(async ([name, check]) => [name, await run(check)] as const),
      );
      const missing = results.filter(([, problem]) => problem !== null)
        .map(([name, problem]) => ({ name, problem }));
      if (missing.length > 0) return c.json({ status: "not_ready" as const, missing }, 503);
      return c.json({ status: "ready" as const }, 200);
    });
}

async function run(check: ReadinessCheck): Promise<string | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("Did not answer in time"), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([check(), timeout]);
  } catch {
    return "Failed";
  } finally {
    clearTimeout(timer);
  }
}
