/** Standard input and output of a plugin process, the same on Deno, Node and Bun. */
import { LineReader } from "./line_reader.ts";
import type { LineSink, Transport } from "./transport.ts";

/**
 * The part of each runtime that is used here. Read from `globalThis`, because importing `node:process`
 * would load a compatibility layer under Deno and the `Deno` global has no types elsewhere.
 */
interface Runtime {
  readonly Deno?: DenoProcess;
  readonly process?: NodeProcess;
}

interface DenoProcess {
  readonly stdin: { read(into: Uint8Array): Promise<number | null> };
  readonly stdout: {
    write(bytes: Uint8Array): Promise<number>;
    writeSync(bytes: Uint8Array): number;
  };
  exit(code: number): never;
}

interface NodeProcess {
  readonly stdin: {
    on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
    on(event: "end" | "close" | "error", listener: () => void): unknown;
  };
  readonly stdout: {
    write: (text: string, done?: () => void) => boolean;
    on(event: "error", listener: () => void): unknown;
  };
  readonly stderr: { write: (text: string) => boolean };
  exit(code: number): never;
}

type StdioTransport = Transport & { exit(): never };

const READ_BYTES = 64 * 1024;

/** Serves on standard input and output and ends the process when that is over. */
export async function runOnStdio(
  serve: (transport: Transport, writeLog: (line: string) => void) => Promise<void>,
): Promise<void> {
  const transport = openStdio(globalThis as unknown as Runtime);
  const writeLog = console.error.bind(console);
  redirectConsole();
  await serve(transport, writeLog);
  transport.exit();
}

function openStdio(runtime: Runtime): StdioTransport {
  if (runtime.Deno !== undefined) return new DenoStdio(runtime.Deno);
  if (runtime.process !== undefined) return new NodeStdio(runtime.process);
  throw new TypeError("This runtime has no standard input and output");
}

class DenoStdio implements StdioTransport {
  readonly #encoder = new TextEncoder();
  /** Lines that wait for a pipe that was full; undefined while writes go straight through. */
  #backlog: Promise<void> | undefined;

  constructor(private readonly deno: DenoProcess) {}

  async receive(sink: LineSink): Promise<void> {
    const reader = new LineReader(sink);
    const buffer = new Uint8Array(READ_BYTES);
    for (;;) {
      const bytes = await this.deno.stdin.read(buffer);
      if (bytes === null) return reader.end();
      reader.push(buffer.subarray(0, bytes));
    }
  }

  /**
   * Written synchronously: a blocking pipe write costs about half of an asynchronous one, which goes
   * through a thread, and Node does the same with pipes. The host reads without waiting for us, so a
   * full pipe ends by itself; a non-blocking one refuses, and then the rest is written asynchronously.
   */
  send(text: string): void {
    const bytes = this.#encoder.encode(`${text}\n`);
    if (this.#backlog !== undefined) return this.#sendLater(bytes);
    let written = 0;
    try {
      while (written < bytes.length) {
        written += this.deno.stdout.writeSync(bytes.subarray(written));
      }
    } catch {
      this.#sendLater(bytes.subarray(written));
    }
  }

  async flush(): Promise<void> {
    await this.#backlog;
  }

  exit(): never {
    this.deno.exit(0);
  }

  #sendLater(bytes: Uint8Array): void {
    this.#backlog = (this.#backlog ?? Promise.resolve()).then(async () => {
      try {
        for (let written = 0; written < bytes.length;) {
          written += await this.deno.stdout.write(bytes.subarray(written));
        }
      } catch {
        // The host is gone; the end of input says so.
      }
    });
  }
}

class NodeStdio implements StdioTransport {
  readonly #write: NodeProcess["stdout"]["write"];

  constructor(private readonly node: NodeProcess) {
    this.#write = node.stdout.write.bind(node.stdout);
    // Node's console and many libraries write here; only the transport may.
    const divert = (text: string, ...rest: unknown[]) => {
      const done = rest.at(-1);
      if (typeof done === "function") done();
      return node.stderr.write(text);
    };
    (node.stdout as { write: unknown }).write = divert;
    // A gone host shows as the end of input; without a listener the error would end the process.
    node.stdout.on("error", () => {});
  }

  receive(sink: LineSink): Promise<void> {
    const reader = new LineReader(sink);
    return new Promise((resolve) => {
      const end = () => {
        reader.end();
        resolve();
      };
      this.node.stdin.on("data", (chunk) => reader.push(chunk));
      this.node.stdin.on("end", end);
      this.node.stdin.on("close", end);
      this.node.stdin.on("error", end);
    });
  }

  send(text: string): void {
    this.#write(`${text}\n`);
  }

  flush(): Promise<void> {
    return new Promise((resolve) => this.#write("", () => resolve()));
  }

  exit(): never {
    this.node.exit(0);
  }
}

/** Console methods that print to standard output in at least one of the runtimes. */
const PRINTING_METHODS = [
  "log",
  "info",
  "debug",
  "dir",
  "dirxml",
  "table",
  "group",
  "groupCollapsed",
  "count",
  "timeLog",
  "timeEnd",
] as const;

/** Standard output belongs to the protocol: what authors print goes to standard error. */
function redirectConsole(): void {
  const print = console.error.bind(console);
  for (const method of PRINTING_METHODS) {
    console[method] = (...values: unknown[]) => print(...values);
  }
}
