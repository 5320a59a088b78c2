/**
 * What a hostile program stands on: JSON-RPC over stdio with nothing in between, for Node and Deno
 * alike. It behaves like any plugin until it is armed; `rogue.ts` says what a behaviour is given.
 */
const onDeno = typeof Deno !== "undefined";
const { default: process } = onDeno ? { default: undefined } : await import("node:process");
const encoder = new TextEncoder();

/** @param {{ name: string, kind: "system" | "user", behaviour: object }} options */
export async function run({ name, kind, behaviour }) {
  const waiting = new Map();
  const session = { armed: false, initialized: {}, lastReverseId: 0, reading: Promise.resolve() };
  const base = makeBase({ name, kind, behaviour, session, waiting });
  if (behaviour.start !== undefined) await behaviour.start(base);
  await readLines(session, (line) => {
    const message = JSON.parse(line);
    if (message.method === undefined) waiting.get(message.id)?.(message);
    else void handle(message, base, behaviour, session);
  });
  if (behaviour.outlivesStdin) await never();
  exit(0);
}

/** Keeps the process alive; a promise alone doesn't. */
function never() {
  return new Promise(() => setInterval(() => {}, 60_000));
}

async function handle({ id, method, params = {} }, base, behaviour, session) {
  if (method === "initialize") {
    session.initialized = params;
    session.armed = params.adminConfig?.armed === true;
  }
  const it = { ...base, id, params, reply: (result) => base.send({ id, result }) };
  const own = session.armed ? ownHandler(method, behaviour) : undefined;
  if (own === undefined) return defaultAnswer(method, it);
  const result = await own(it);
  if (result !== undefined && id !== undefined) await it.reply(result);
}

function ownHandler(method, behaviour) {
  const name = OWN_HANDLERS[method] ?? "call";
  return name === "call" && behaviour.attempt !== undefined
    ? (it) => attempt(it, behaviour.attempt)
    : behaviour[name];
}

/** Tells in the answer what came of it. */
async function attempt(it, run) {
  try {
    return it.answer(`GOT ${await run(it)}`);
  } catch (error) {
    return it.answer(`REFUSED ${error}`.slice(0, 300));
  }
}

const OWN_HANDLERS = {
  "initialize": "initialize",
  "ping": "ping",
  "shutdown": "shutdown",
  "$/cancelRequest": "cancel",
};

async function defaultAnswer(method, it) {
  if (method === "$/cancelRequest") return;
  if (method === "initialize") return await it.reply(it.manifest);
  if (method === "ping") return await it.reply("pong");
  if (method === "shutdown") {
    await it.reply(null);
    return exit(0);
  }
  await it.reply(it.answer("fine"));
}

function makeBase({ name, kind, session, waiting }) {
  const manifest = {
    name,
    displayName: name,
    version: "1.0.0",
    protocolVersion: "1.0",
    maxConcurrentCalls: 32,
    capabilities: kind === "user" ? { userReadSync: true } : { metadataProvider: ["series"] },
  };
  const send = (message) => print(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
  return {
    name,
    manifest,
    print,
    complain,
    send,
    exit,
    never,
    session,
    stopReading: () => session.reading = never(),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    answer: (text) =>
      kind === "user"
        ? { externalId: "1", username: text }
        : { results: [{ externalId: "1", title: text }] },
    callHost(method, params, id = `reverse-${++session.lastReverseId}`) {
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        void send({ id, method, params });
      });
    },
    async spawn(code, options = {}) {
      const { spawn } = await import("node:child_process");
      return spawn(process.execPath, ["-e", code, name], { stdio: "ignore", ...options });
    },
  };
}

/** Resolves when the pipe took all of it. */
async function print(text) {
  await write(onDeno ? Deno.stdout : process.stdout, text);
}

async function complain(text) {
  await write(onDeno ? Deno.stderr : process.stderr, text);
}

async function write(stream, text) {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  if (!onDeno) return await new Promise((resolve) => stream.write(bytes, () => resolve()));
  for (let at = 0; at < bytes.length;) at += await stream.write(bytes.subarray(at));
}

function exit(code) {
  return onDeno ? Deno.exit(code) : process.exit(code);
}

async function readLines(session, onLine) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of onDeno ? Deno.stdin.readable : process.stdin) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") onLine(line);
    await session.reading;
  }
}
