/**
 * Starts the whole platform as a person does, in a folder of its own: the supervisor with its embedded
 * PostgreSQL and all six services.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { removeDataDir } from "../../infra/postgres/home.ts";
import { ApiClient } from "./api_client.ts";
import { descendantsOf, type ProcessRow } from "./processes.ts";

export { removeDataDir };

export const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Generous: a busy machine of two cores runs other tests beside this one. */
const READY_TIMEOUT_MS = 180_000;
/** More than the supervisor grants its services, one wave after the other, and the database. */
const STOP_TIMEOUT_MS = 120_000;
/** The kernel takes down what was killed in its own time. */
const GONE_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

export interface PlatformOptions {
  /** Kept when given, else a fresh one that is removed at the end. */
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The working tree that runs; this one, unless a test made a copy. */
  readonly root?: string;
}

export interface Platform extends AsyncDisposable {
  readonly url: string;
  readonly dataDir: string;
  readonly pluginsDir: string;
  /** Undefined once a user exists. */
  readonly setupCode: string | undefined;
  /** From spawn to the ready line. */
  readonly startedInMs: number;
  readonly api: ApiClient;
  /** Everything the supervisor printed so far. */
  output(): string;
  /** Every process below the supervisor. */
  processes(): Promise<ProcessRow[]>;
  /** Asks the supervisor to stop; resolves to its exit code. */
  stop(signal?: Deno.Signal): Promise<number>;
}

/** Runs `deno task start`'s command and waits for its ready line. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const dataDir = options.dataDir ?? await Deno.makeTempDir({ prefix: "codex-e2e-" });
  const pluginsDir = `${dataDir}/plugins`;
  await Deno.mkdir(pluginsDir, { recursive: true });
  const startedAt = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=dev", "infra/dev/main.ts"],
    cwd: options.root ?? PROJECT_ROOT,
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
      HOME: Deno.env.get("HOME") ?? "/",
      CODEX_DATA_DIR: dataDir,
      CODEX_PORT: "0",
      ...options.env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();

  const output = new OutputReader(child);
  const { url, setupCode, startedInMs } = await untilReady(output, options, startedAt)
    .catch(async (error) => {
      await killed(child);
      throw error;
    });
  let exit: Promise<number> | undefined;

  const stop = (signal: Deno.Signal = "SIGTERM"): Promise<number> => {
    exit ??= (async () => {
      const before = await descendantsOf(child.pid);
      child.kill(signal);
      const status = await withTimeout(child.status, STOP_TIMEOUT_MS, "The platform did not stop");
      await output.done;
      if (signal !== "SIGKILL") await assertGone(before);
      return status.code;
    })();
    return exit;
  };
  return {
    url,
    dataDir,
    pluginsDir,
    setupCode,
    startedInMs,
    api: new ApiClient(url),
    output: () => output.text,
    processes: () => descendantsOf(child.pid),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      if (options.dataDir === undefined) await removeDataDir(dataDir);
    },
  };
}

/** Where a platform is that prints another public URL than its own; its port is given then. */
function localUrlOf({ env }: PlatformOptions): string | undefined {
  return env?.["CODEX_PUBLIC_URL"] && `http://127.0.0.1:${env["CODEX_PORT"]}`;
}

async function untilReady(
  output: OutputReader,
  options: PlatformOptions,
  startedAt: number,
): Promise<Pick<Platform, "url" | "setupCode" | "startedInMs">> {
  const ready = await output.waitFor(/Codex is ready at (\S+)/, READY_TIMEOUT_MS);
  const url = localUrlOf(options) ?? ready[1];
  assert.ok(url);
  const startedInMs = performance.now() - startedAt;
  return { url, startedInMs, setupCode: await findSetupCode(url, output) };
}

async function findSetupCode(url: string, output: OutputReader): Promise<string | undefined> {
  const reply = await fetch(`${url}/api/v1/setup/status`);
  const status = await reply.json() as { setupRequired: boolean };
  if (!status.setupRequired) return undefined;
  return (await output.waitFor(/Setup code: (\S+)/, READY_TIMEOUT_MS))[1];
}

/** Once it is no more, whether it had ended already or not. */
export async function killed(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
  await child.status;
}

async function assertGone(rows: readonly ProcessRow[]): Promise<void> {
  const deadline = performance.now() + GONE_TIMEOUT_MS;
  for (;;) {
    const alive = (await descendantsOf(1)).filter((row) =>
      rows.some(({ pid, args }) => pid === row.pid && args === row.args)
    );
    if (alive.length === 0) return;
    const args = alive.map((row) => row.args).join("\n");
    assert.ok(performance.now() < deadline, `The platform left processes behind:\n${args}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

class OutputReader {
  text = "";
  readonly done: Promise<void>;
  #listeners = new Set<() => void>();
  #ended = false;

  constructor(child: Deno.ChildProcess) {
    this.done = Promise.all([this.#read(child.stdout), this.#read(child.stderr)]).then(() => {
      this.#ended = true;
      for (const notify of this.#listeners) notify();
    });
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      this.text += chunk;
      for (const notify of this.#listeners) notify();
    }
  }

  async waitFor(pattern: RegExp, timeoutMs: number): Promise<RegExpMatchArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpMatchArray>();
    const look = () => {
      const found = this.text.match(pattern);
      if (found !== null) resolve(found);
      else if (this.#ended) reject(new Error(`Ended before ${pattern} was printed:\n${this.text}`));
    };
    this.#listeners.add(look);
    look();
    try {
      return await withTimeout(promise, timeoutMs, `${pattern} was not printed`, () => this.text);
    } finally {
      this.#listeners.delete(look);
    }
  }
}

/** Rejects when `work` takes longer than `timeoutMs`. */
export async function withTimeout<Result>(
  work: Promise<Result>,
  timeoutMs: number,
  message: string,
  detail: () => string = () => "",
): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${message} within ${timeoutMs} ms\n${detail()}`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
