/** The plainest plugin that stores: a read-line loop that asks its host and measures each answer. */

interface Measure {
  readonly method: "set" | "get";
  readonly count: number;
  readonly inFlight: number;
  readonly characters: number;
}

const encoder = new TextEncoder();
const waiting = new Map<number, () => void>();
let id = 0;

function send(message: unknown): void {
  Deno.stdout.writeSync(encoder.encode(JSON.stringify(message) + "\n"));
}

function call(method: string, params: unknown): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.set(++id, resolve);
  send({ jsonrpc: "2.0", id, method: `storage/${method}`, params });
  return promise;
}

async function measure({ method, count, inFlight, characters }: Measure): Promise<void> {
  const data = "x".repeat(characters);
  const times: number[] = [];
  let left = count;
  const work = async () => {
    while (left-- > 0) {
      const startedAt = performance.now();
      await call(method, method === "set" ? { key: "bare", data } : { key: "bare" });
      times.push(performance.now() - startedAt);
    }
  };
  await call("set", { key: "bare", data });
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: inFlight }, work));
  send({ measured: { times, elapsedMs: performance.now() - startedAt } });
}

let rest = "";
for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const message = JSON.parse(line) as { id: number; measure?: Measure };
    if (message.measure !== undefined) measure(message.measure);
    else {
      waiting.get(message.id)?.();
      waiting.delete(message.id);
    }
  }
}
