/** The plainest plugin host: a JSON body, some statements, one call over a child's pipes by a read-line loop. */
import { Hono } from "hono";
import postgres from "postgres";

const [port, databaseUrlFile, statements, plugin, pluginResult] = Deno.args;
const sql = postgres(Deno.readTextFileSync(databaseUrlFile ?? "").trim(), { max: 5 });
await sql`select 1`;

const child = new Deno.Command(Deno.execPath(), {
  args: ["run", "-q", "--no-prompt", plugin ?? "", pluginResult ?? ""],
  stdin: "piped",
  stdout: "piped",
}).spawn();
const writer = child.stdin.getWriter();
const encoder = new TextEncoder();
const waiting = new Map<number, (result: unknown) => void>();
let id = 0;

function call(params: unknown): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  waiting.set(++id, resolve);
  const line = JSON.stringify({ jsonrpc: "2.0", id, method: "metadata/series/search", params });
  writer.write(encoder.encode(line + "\n")).catch(() => {});
  return promise;
}

async function read(): Promise<void> {
  let rest = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const reply = JSON.parse(line) as { id: number; result: unknown };
      waiting.get(reply.id)?.(reply.result);
      waiting.delete(reply.id);
    }
  }
}
read();

const app = new Hono()
  .get("/health", (c) => c.text("ok"))
  .post("*", async (c) => {
    const body = await c.req.json() as { action: { metadata: { params: unknown } } };
    for (let index = 0; index < Number(statements); index++) await sql`select ${index}::int`;
    const result = await call(body.action.metadata.params);
    return c.json({ success: true, result, latencyMs: 0 });
  });
Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen: () => {} }, app.fetch);
Deno.addSignalListener("SIGTERM", () => {
  child.kill("SIGKILL");
  Deno.exit(0);
});
