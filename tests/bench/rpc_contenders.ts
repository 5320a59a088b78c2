import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { z } from "zod";
import { Connection } from "../../services/plugin-host/rpc/connection.ts";
import { StdioTransport } from "../../services/plugin-host/rpc/stdio_transport.ts";

/** One way to call an echo child. */
export interface Contender {
  readonly name: string;
  call(params: object): Promise<unknown>;
  stop(): Promise<void>;
}

const child = (name: string) => fileURLToPath(new URL(`./children/${name}`, import.meta.url));

function spawnEcho(): Deno.ChildProcess {
  return new Deno.Command("node", {
    args: [child("echo_lines.mjs")],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/**
 * The floor: lines out, lines in, JSON both ways, replies taken in order. No ids, no checks, no
 * deadlines, no limits.
 */
export function startBare(): Contender {
  const echo = spawnEcho();
  const writer = echo.stdin.getWriter();
  const encoder = new TextEncoder();
  const waiting: ((result: unknown) => void)[] = [];
  let out = "";
  const flush = () => {
    writer.write(encoder.encode(out));
    out = "";
  };
  const reading = (async () => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of echo.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) waiting.shift()!(JSON.parse(line).result);
    }
  })();
  return {
    name: "bare loop",
    call(params) {
      if (out === "") queueMicrotask(flush);
      out += JSON.stringify({ jsonrpc: "2.0", id: 1, method: "echo", params }) + "\n";
      return new Promise((resolve) => waiting.push(resolve));
    },
    async stop() {
      await writer.close();
      await reading;
      await echo.status;
    },
  };
}

export function startCodex(): Contender {
  const echo = spawnEcho();
  const transport = new StdioTransport({
    stdin: echo.stdin,
    stdout: echo.stdout,
    exited: echo.status,
  });
  const connection = new Connection(transport);
  return {
    name: "codex",
    call: (params) => connection.call("echo", params),
    async stop() {
      await connection.endWriting();
      await connection.closed;
    },
  };
}

export function startVscode(): Contender {
  const echo = spawn("node", [child("echo_headers.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
  const connection = createMessageConnection(
    new StreamMessageReader(echo.stdout),
    new StreamMessageWriter(echo.stdin),
  );
  connection.listen();
  return {
    name: "vscode-jsonrpc",
    call: (params) => connection.sendRequest("echo", params),
    async stop() {
      const exited = new Promise((resolve) => echo.once("exit", resolve));
      connection.end();
      await exited;
      connection.dispose();
    },
  };
}

export async function startMcp(): Promise<Contender> {
  const client = new Client({ name: "bench", version: "1.0.0" });
  await client.connect(
    new StdioClientTransport({ command: "node", args: [child("echo_lines.mjs")] }),
  );
  const result = z.looseObject({});
  return {
    name: "MCP SDK",
    call: (params) => client.request({ method: "echo", params: { ...params } }, result),
    stop: () => client.close(),
  };
}
