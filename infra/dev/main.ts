/** `deno task start`, and with `--watch` `deno task dev`: the whole platform on this machine. */
import { parseArgs } from "node:util";
import { exitOnFailure } from "../failure.ts";
import { repository } from "../repository.ts";
import { createOutput } from "./output.ts";
import { watchNpx } from "./npx.ts";
import { supervise } from "./supervisor.ts";

/** Ctrl-C reaches us from the terminal and again through the task runner: that is one. */
const SAME_SIGNAL_MS = 500;

if (import.meta.main) await exitOnFailure(main);

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: Deno.args,
    options: { watch: { type: "boolean", default: false }, tree: { type: "string" } },
  });
  const encoder = new TextEncoder();
  const output = createOutput({
    readable: values.watch || Deno.stdout.isTerminal(),
    stdout: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
    stderr: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
  });
  const environment = Deno.env.toObject();
  const { stop, force } = listenForSignals();
  void watchNpx(environment, () => stop.abort());
  await supervise({
    tree: values.tree ?? repository,
    environment,
    isWatching: values.watch,
    output,
    stop: stop.signal,
    force: force.signal,
  });
  return 0;
}

/** The first signal asks for an orderly end, a later one for an end at once. */
function listenForSignals(): { stop: AbortController; force: AbortController } {
  const stop = new AbortController();
  const force = new AbortController();
  let firstAt = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(name, () => {
      if (!stop.signal.aborted) {
        firstAt = Date.now();
        stop.abort();
      } else if (Date.now() - firstAt > SAME_SIGNAL_MS) {
        force.abort();
      }
    });
  }
  return { stop, force };
}
