/** How the other services are, asked of each one's `/health/ready`. */
import { z } from "zod";
import type { ServiceName } from "@codex/protocol";
import type { ReadinessCheck } from "@codex/service";
import { OWNER_NAMES, type OwnerName } from "./forwarder.ts";

export interface ServiceState {
  readonly service: ServiceName;
  readonly state: "ready" | "not_ready" | "unreachable";
  /** What is missing, in words without secrets. */
  readonly problems: readonly string[];
}

export interface ServiceProbes {
  /** Of all services, at most {@linkcode REMEMBERED_MS} old. */
  states(): Promise<readonly ServiceState[]>;
  /** The same as readiness checks of the gateway. */
  readonly checks: Readonly<Record<OwnerName, ReadinessCheck>>;
}

export interface ProbeOptions {
  readonly serviceUrls: Readonly<Record<OwnerName, string>>;
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Anybody may ask, so that many askers must not become many probes. */
const REMEMBERED_MS = 1000;
const TIMEOUT_MS = 2000;

/** What `healthRoutes` of `@codex/service` answers. */
const Readiness = z.object({
  missing: z.array(z.object({ name: z.string(), problem: z.string() })).default([]),
});

export function createServiceProbes(options: ProbeOptions): ServiceProbes {
  let newest: { at: number; states: Promise<readonly ServiceState[]> } | undefined;
  const states = () => {
    const at = options.now();
    if (newest === undefined || at - newest.at >= REMEMBERED_MS) {
      newest = { at, states: Promise.all(OWNER_NAMES.map((name) => probe(name, options))) };
    }
    return newest.states;
  };
  const check = (service: OwnerName): ReadinessCheck => async () => {
    const found = (await states()).find((state) => state.service === service);
    return found?.state === "ready" ? null : found?.problems.join("; ") || "Is not ready";
  };
  return {
    states,
    checks: Object.fromEntries(OWNER_NAMES.map((name) => [name, check(name)])) as Record<
      OwnerName,
      ReadinessCheck
    >,
  };
}

async function probe(service: OwnerName, options: ProbeOptions): Promise<ServiceState> {
  try {
    const reply = await options.fetch(`${options.serviceUrls[service]}/health/ready`, {
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = Readiness.parse(await reply.json());
    if (reply.ok) return { service, state: "ready", problems: [] };
    const problems = answer.missing.map(({ name, problem }) => `${name}: ${problem}`);
    return { service, state: "not_ready", problems };
  } catch {
    return { service, state: "unreachable", problems: ["Does not answer"] };
  }
}
