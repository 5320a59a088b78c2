/** The plainest host of a plugin that stores: each of its calls is one HTTP request to the next hop. */
import { Hono } from "hono";

const [port, next, plugin] = Deno.args;
const child = new Deno.Command(Deno.execPath(), {
  args: ["run", "-q", "--no-prompt", plugin ?? ""],
  stdin: "piped",
  stdout: "piped",
}).spawn();
const writer = child.stdin.getWriter();
const encoder = new TextEncoder();
let measured: (result: unknown) => void = () => {};

function send(message: unknown): void {
  writer.write(encoder.encode(JSON.stringify(message) + "\n")).catch(() => {});
}

async function serve(
  { id, method, params }: { id: number; method: string; params: unknown },
): Promise<void> {
  const reply = await fetch(`${next}/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(params),
  });
  send({ jsonrpc: "2.0", id, result: await reply.json() });
}

async function read(): Promise<void> {
  let rest = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = JSON.parse(line);
      if (message.measured !== undefined) measured(message.measured);
      else serve(message);
    }
  }
}
read();

const app = new Hono()
  .get("/health", (c) => c.text("ok"))
  .post("/measure", async (c) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    measured = resolve;
    send({ measure: await c.req.json() });
    return c.json(Object(await promise));
  });
Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen: () => {} }, app.fetch);
Deno.addSignalListener("SIGTERM", () => {
  child.kill("SIGKILL");
  Deno.exit(0);
});
