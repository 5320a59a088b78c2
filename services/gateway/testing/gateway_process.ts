/** The gateway as its own process, as small as a test wants it. */
import { freePort } from "../../../infra/ports.ts";
import { SERVICE_NAMES } from "@codex/protocol";
import { createTestIdentities } from "@codex/service/testing";

const ROOT = new URL("../../../", import.meta.url);
const { privateKeys, publicKeys } = await createTestIdentities();

export interface GatewayProcessOptions {
  /** Of the kernel: open files at most. */
  readonly descriptors: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** How it ended, if it did. */
  readonly ended: () => Deno.CommandStatus | undefined;
  /** Its log so far. */
  readonly output: () => string;
}

/** Starts it in front of one server that stands for every service, and waits until it listens. */
export async function startGatewayProcess(
  upstream: string,
  { descriptors, env = {} }: GatewayProcessOptions,
): Promise<GatewayProcess> {
  const port = freePort();
  const peers = SERVICE_NAMES.filter((name) => name !== "gateway");
  const child = new Deno.Command("prlimit", {
    args: [
      `--nofile=${descriptors}:${descriptors}`,
      Deno.execPath(),
      ...["run", "-q", "--no-prompt", "--cached-only", "-P=gateway", "services/gateway/main.ts"],
    ],
    cwd: ROOT,
    env: {
      CODEX_PORT: String(port),
      CODEX_SERVICE_KEY: JSON.stringify(privateKeys.gateway),
      CODEX_SERVICE_PUBLIC_KEYS: JSON.stringify(publicKeys),
      ...Object.fromEntries(
        peers.map((name) => [`CODEX_${name.toUpperCase().replaceAll("-", "_")}_URL`, upstream]),
      ),
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let status: Deno.CommandStatus | undefined;
  const ended = child.status.then((value) => status = value);
  let output = "";
  const listening = Promise.withResolvers<void>();
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output += text;
      if (output.includes("Listening on")) listening.resolve();
    }
    listening.reject(new Error(`The gateway ended:\n${output}`));
  };
  const done = Promise.all([read(child.stdout), read(child.stderr)]);
  await listening.promise;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    ended: () => status,
    output: () => output,
    async [Symbol.asyncDispose]() {
      if (status === undefined) child.kill("SIGKILL");
      await ended;
      await done;
    },
  };
}
