// A Deno plugin for tests of the service: the query of a search says what to do. Its manifest lies beside it, so
// that a test can change it.
import { createInterface } from "node:readline";

type Params = Record<string, unknown>;

const manifest = JSON.parse(await Deno.readTextFile(new URL("./manifest.json", import.meta.url)));
/**
 * It reads its next call, a ping too, when it is done with the last, and no cancellation before.
 */
const isOneByOne = manifest.description === "Works on its calls one by one";
/** It reads on meanwhile, and answers pings at once; a cancelled call is worked on all the same. */
const hasQueue = manifest.description === "Works on its calls one by one, from a queue of its own";
let queue = Promise.resolve();
const waiting = new Map<unknown, (reply: Params) => void>();
let initialized: Params = {};
let nextId = 1;

function send(message: Params): void {
  console.log(JSON.stringify({ jsonrpc: "2.0", ...message }));
}

function callHost(method: string, params: Params): Promise<Params> {
  const id = nextId++;
  send({ id, method, params });
  return new Promise((resolve) => waiting.set(id, resolve));
}

class PluginError extends Error {
  constructor(readonly code: number, message: string, readonly data?: unknown) {
    super(message);
  }
}

const behaviours: Record<string, (params: Params) => unknown> = {
  crash: () => Deno.exit(3),
  hang: () => {
    console.error("hangs");
    return new Promise(() => {});
  },
  limited: () => {
    throw new PluginError(-32001, "Slow down", { retryAfterSeconds: 70 });
  },
  outside: () => {
    throw new PluginError(-32004, "The outside service is down");
  },
  /** Its error's data holds numbers that no double holds. */
  inexact: () => {
    const raw: (number: string) => unknown = Reflect.get(JSON, "rawJSON");
    const waits = [raw("1e400"), raw("-1e400"), 5];
    throw new PluginError(-32004, "Out of numbers", { waits, id: raw("9007199254740993") });
  },
  unconfigured: () => {
    throw new PluginError(-32005, "A setting is missing");
  },
  brief: async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { results: [] };
  },
  slow: async () => {
    console.error("is slow");
    await new Promise((resolve) => setTimeout(resolve, 500));
    return { results: [] };
  },
  /** Tells whether it may reach the host "new.example". */
  reach: () => {
    const { state } = Deno.permissions.querySync({ name: "net", host: "new.example:443" });
    return { results: [{ externalId: "1", title: state }] };
  },
  /** Says five bytes to the `host:port` after the word, and waits until the other side has ended. */
  visit: async ({ query, cursor }) => {
    const [, hostname = "", port] = /^visit (.+):(\d+)$/.exec(String(query ?? cursor)) ?? [];
    using connection = await Deno.connect({ hostname, port: Number(port) });
    await connection.write(new TextEncoder().encode("hello"));
    await connection.closeWrite();
    const buffer = new Uint8Array(100);
    // One that was refused may end with an error.
    while (await connection.read(buffer).catch(() => null) !== null);
    return query === undefined ? { entries: [], hasMore: false } : { results: [] };
  },
  /** Tells which module this is. */
  module: () => ({
    results: [{ externalId: "1", title: import.meta.url.split("/").at(-1) ?? "" }],
  }),
  /** Tells what it was given where people read it. */
  leak: () => {
    const { credentials, userId, userPluginId } = initialized as {
      credentials: Record<string, string>;
      userId?: string;
      userPluginId?: string;
    };
    if (userPluginId !== undefined) console.error(`I serve ${userPluginId} of ${userId}`);
    for (const value of Object.values(credentials)) console.error(`My credential is ${value}`);
    console.error("Authorization: Bearer abcdefgh12345678");
    const [value] = Object.values(credentials);
    throw new PluginError(-32603, `Refused: ${value}`, { request: [{ key: value, tries: 3 }] });
  },
  broken: () => {
    throw new PluginError(-32603, "Broken inside");
  },
  oversized: () => ({
    results: [
      { externalId: "1", title: "t".repeat(1001) },
      { externalId: "2", title: "fine", coverUrl: "u".repeat(4097) },
    ],
  }),
  misshapen: () => ({ results: "none" }),
  initialized: () => ({ results: [{ externalId: "1", title: JSON.stringify(initialized) }] }),
};

function behaviourOf(text: unknown) {
  const words = String(text);
  return words.startsWith("visit ") ? behaviours.visit : behaviours[words];
}

const methods: Record<string, (params: Params) => unknown> = {
  initialize: (params) => {
    initialized = params;
    console.error("initialized");
    return manifest;
  },
  ping: () => "pong",
  shutdown: () => null,
  "metadata/series/search": (params) => {
    const behaviour = behaviourOf(params.query);
    if (behaviour !== undefined) return behaviour(params);
    const titles = [`About ${params.query}`, String(params.query)];
    return { results: titles.map((title, index) => ({ externalId: `id-${index}`, title })) };
  },
  "metadata/series/get": (params) => ({
    externalId: params.externalId,
    externalUrl: "https://example.com/1",
    title: "The title",
    status: "on the moon",
    genres: null,
    extra: "unknown",
  }),
  /** The cursor says what it does, as the query of a search. */
  "sync/pullProgress": (params) =>
    behaviourOf(params.cursor)?.(params) ?? { entries: [], hasMore: false },
  /** Hands on a reverse call, and tells the whole reply. */
  "sync/getUserInfo": async () => {
    const reply = await callHost("storage/get", { key: "account" });
    return { externalId: "7", username: JSON.stringify({ storage: reply, initialized }) };
  },
};

async function answer(id: unknown, method: string, params: Params): Promise<void> {
  try {
    const serve = methods[method];
    if (serve === undefined) throw new PluginError(-32601, `Method "${method}" is unknown`);
    send({ id, result: await serve(params) });
  } catch (error) {
    const { code, message, data } = error instanceof PluginError
      ? error
      : new PluginError(-32603, String(error));
    send({ id, error: { code, message, data } });
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.method === undefined) waiting.get(message.id)?.(message);
  else if (message.id !== undefined) {
    const run = () => answer(message.id, message.method, message.params ?? {});
    const isQueued = hasQueue && message.method !== "ping";
    const answered = (isQueued ? queue = queue.then(run) : run()).then(() => {
      if (message.method === "shutdown") Deno.exit(0);
    });
    if (isOneByOne) await answered;
  }
}
