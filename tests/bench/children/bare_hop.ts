/** The plainest forwarding service: takes a request, sends its body on, streams the answer back. */
import { Hono } from "hono";

const [port, next] = Deno.args;
const app = new Hono()
  .get("/health", (c) => c.text("ok"))
  .post("*", async (c) => {
    const reply = await fetch(`${next}${c.req.path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: await c.req.arrayBuffer(),
    });
    return new Response(reply.body, { headers: { "content-type": "application/json" } });
  });
Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen: () => {} }, app.fetch);
