import { z } from "zod";

/** The first request of all: on a busy machine it takes its time. */
const TIMEOUT_MS = 30_000;

const status = z.object({ setupRequired: z.boolean() });

/** Whether the platform has no user yet. A gateway that doesn't say counts as no. */
export async function isSetupRequired(gatewayUrl: string, stop: AbortSignal): Promise<boolean> {
  try {
    const reply = await fetch(`${gatewayUrl}/api/v1/setup/status`, {
      signal: AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    return status.parse(await reply.json()).setupRequired;
  } catch {
    return false;
  }
}
