// A plugin without SDK that does what the method says, for the tests of the process layers.
import { exec, spawn } from "node:child_process";
import fs from "node:fs";
import process from "node:process";

const manifest = {
  name: "scripted",
  displayName: "Scripted",
  version: "1.0.0",
  description: "Does what the method says",
  author: "Codex",
  protocolVersion: "1.0",
  capabilities: { metadataProvider: ["series"] },
};

/** Ends neither by shutdown nor with its stdin. */
const isStubborn = process.env.IGNORE_SHUTDOWN || process.env.WAIT_FOR_SIGTERM;
let nextId = 1;
let initialized = null;
const waiting = new Map();
export let held;

function send(message) {
  process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
}

/** Calls the host and hands on its whole reply. */
function callHost(method, params) {
  const id = nextId++;
  send({ id, method, params });
  return new Promise((resolve) => waiting.set(id, resolve));
}

const methods = {
  async initialize(params) {
    initialized = params;
    if (process.env.HANG_INITIALIZE) await new Promise(() => {});
    if (process.env.STORED_STATE) {
      const reply = await callHost("storage/get", { key: "state" });
      initialized.stored = reply.result;
    }
    if (process.env.GRUMBLE) console.error("starting up");
    return process.env.MANIFEST_NAME ? { ...manifest, name: process.env.MANIFEST_NAME } : manifest;
  },
  ping: () => "pong",
  shutdown() {
    if (!isStubborn) setTimeout(() => process.exit(0), 0);
    return null;
  },
  echo: (params) => params,
  initialized: () => initialized,
  environment: () => process.env,
  pid: () => process.pid,
  hang: () => new Promise(() => {}),
  /** Does nothing else for a while. */
  block({ ms }) {
    for (const end = Date.now() + ms; Date.now() < end;);
    return null;
  },
  /** Fills memory that no heap limit counts, and goes on. */
  hold({ mib }) {
    held = Buffer.alloc(mib * 1024 * 1024, 1);
    return null;
  },
  later: (params) => new Promise((resolve) => setTimeout(resolve, params.ms, params)),
  exit: (params) => process.exit(params.code),
  crash: () => process.kill(process.pid, "SIGKILL"),
  closeStdout() {
    fs.closeSync(1);
    return new Promise(() => {});
  },
  closeStdin() {
    process.stdin.destroy();
    fs.closeSync(0);
    return null;
  },
  stopReading() {
    process.stdin.pause();
    setInterval(() => {}, 1000);
    return null;
  },
  reverse: (params) => callHost(params.method, params.params),
  print: (params) => (process.stdout.write(params.text), null),
  grumble: (params) => (process.stderr.write(params.text), null),
  shell: ({ command }) =>
    new Promise((resolve) => exec(command, (_error, stdout) => resolve({ output: stdout }))),
  /** Answers with the first that a command prints, which goes on. */
  background: ({ command }) =>
    new Promise((resolve) => {
      const { stdout } = spawn("sh", ["-c", command], { stdio: ["ignore", "pipe", "inherit"] });
      stdout.once("data", (output) => resolve({ output: String(output) }));
    }),
  /** Leaves a process that keeps the pipes open. */
  fork: () => spawn("sleep", ["60"], { stdio: "inherit" }).pid,
  flood(params) {
    const line = params.line.repeat(1000);
    const more = () => {
      while (process.stdout.write(line));
    };
    process.stdout.on("drain", more);
    more();
    return new Promise(() => {});
  },
};

async function receive(message) {
  if (message.method === undefined) return waiting.get(message.id)?.(message);
  if (message.id === undefined) return;
  const method = methods[message.method];
  if (method === undefined) {
    return send({ id: message.id, error: { code: -32601, message: "Method not found" } });
  }
  try {
    send({ id: message.id, result: await method(message.params ?? {}) });
  } catch (error) {
    send({ id: message.id, error: { code: -32603, message: String(error) } });
  }
}

/** Set so, it takes on its next call, a ping too, when it has answered the last. */
const isOneByOne = process.env.ONE_BY_ONE !== undefined;
let answered = Promise.resolve();

function take(message) {
  if (!isOneByOne || message.method === undefined) return receive(message);
  answered = answered.then(() => receive(message));
}

let rest = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop();
  for (const line of lines) take(JSON.parse(line));
});
process.stdin.on("end", () => {
  if (!isStubborn) process.exit(0);
  if (process.env.GRUMBLE) console.error("no more input");
});
if (isStubborn) {
  process.on("SIGTERM", () => {
    if (process.env.GRUMBLE) console.error("asked to end");
    if (process.env.WAIT_FOR_SIGTERM) process.exit(7);
  });
  setInterval(() => {}, 1000);
}
