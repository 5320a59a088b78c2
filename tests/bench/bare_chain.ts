/** Starts plain processes to compare with: what any chain of services would cost. */
import { fileURLToPath } from "node:url";

export interface BareProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

/** Runs `children/<script>` with a free port as its first argument, and waits until it answers. */
export async function startBare(script: string, args: readonly string[]): Promise<BareProcess> {
  const port = freePort();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--allow-net=127.0.0.1",
      "--allow-read",
      "--allow-env",
      "--allow-run",
      fileURLToPath(new URL(`children/${script}`, import.meta.url)),
      String(port),
      ...args,
    ],
    stdin: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  await untilAnswers(`${url}/health`);
  return {
    url,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

async function untilAnswers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    try {
      await (await fetch(url)).text();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  throw new Error(`${url} did not answer`);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
