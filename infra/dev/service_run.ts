/** One run of a service: from its start as a child process to its end. */
import type { ServiceName } from "@codex/protocol";
import { type Output, relayLines } from "./output.ts";
import { untilReady } from "./readiness.ts";

/** A service drains its requests for 8 s (shared/service, lifecycle) before it may be killed. */
const STOP_TIMEOUT_MS = 10_000;
/** A start that takes this long is worth a word. */
const SLOW_START_MS = 15_000;
const COMPLAINTS_MAX = 30;

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** All of the child's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Base URL that it answers at. */
  readonly url: string;
}

export interface Ending {
  /** "code 1" or "signal SIGKILL". */
  readonly how: string;
  /** It was stopped by us. */
  readonly wasAsked: boolean;
  /** Its last lines on stderr. */
  readonly complaints: readonly string[];
}

export interface ServiceRun {
  readonly pid: number;
  /** True once it says that it is ready, false when it ends before. */
  readonly ready: Promise<boolean>;
  readonly ended: Promise<Ending>;
  /** SIGTERM, a bounded wait, SIGKILL. Resolves when the process is gone. */
  stop(): Promise<void>;
  /** SIGKILL, also while `stop` waits. */
  kill(): void;
}

/**
 * @param quietStart keeps stderr back until the service is ready, for a caller who makes one line
 * of a failed start
 */
export function startRun(
  name: ServiceName,
  launch: Launch,
  output: Output,
  quietStart: boolean,
): ServiceRun {
  const child = new Deno.Command(launch.command, {
    args: [...launch.args],
    env: { ...launch.env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // Ctrl-C goes to a whole process group: only the supervisor may act on it, in its own order.
    detached: true,
  }).spawn();
  let wasAsked = false;
  let isQuiet = quietStart;
  const complaints: string[] = [];
  const relays = [
    relayLines(child.stdout, (line) => output.relay(name, line, "stdout")),
    relayLines(child.stderr, (line) => {
      complaints.push(line);
      complaints.splice(0, complaints.length - COMPLAINTS_MAX);
      if (!isQuiet) output.relay(name, line, "stderr");
    }),
  ];
  const over = new AbortController();
  const ended = (async (): Promise<Ending> => {
    const status = await child.status;
    over.abort();
    await Promise.all(relays);
    const how = status.signal ? `signal ${status.signal}` : `code ${status.code}`;
    return { how, wasAsked, complaints };
  })();
  const ready = (async () => {
    const isReady = await untilReady(launch.url, over.signal, slowStartNotice(name, output));
    if (isReady && isQuiet) {
      isQuiet = false;
      for (const line of complaints) output.relay(name, line, "stderr");
    }
    return isReady;
  })();

  const send = (signal: Deno.Signal) => {
    wasAsked = true;
    try {
      child.kill(signal);
    } catch {
      // It has ended by itself.
    }
  };
  return {
    pid: child.pid,
    ready,
    ended,
    kill: () => send("SIGKILL"),
    stop: async () => {
      send("SIGTERM");
      const timer = setTimeout(() => send("SIGKILL"), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Says once why a service is still not ready. */
function slowStartNotice(name: ServiceName, output: Output): (reason: string) => void {
  const startedAt = Date.now();
  let isSaid = false;
  return (reason) => {
    if (isSaid || Date.now() - startedAt < SLOW_START_MS) return;
    isSaid = true;
    output.complain(`Still waiting for ${name}: ${reason}`);
  };
}
