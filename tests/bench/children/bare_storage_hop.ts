/** The plainest storage service: the body's JSON, storage's own statement, the answer. */
import { Hono } from "hono";
import postgres from "postgres";

const [port, databaseUrlFile, connectionId = "", pluginId = "", userId = ""] = Deno.args;
const KEYS_MAX = 100;
// As many connections as the real service has.
const sql = postgres(Deno.readTextFileSync(databaseUrlFile ?? "").trim(), { max: 10 });
await sql`select 1`;

const app = new Hono()
  .get("/health", (c) => c.text("ok"))
  .post("/storage/set", async (c) => {
    const { key, data } = await c.req.json() as { key: string; data: unknown };
    await sql`select storage.set_entry(${connectionId}, ${pluginId}, ${userId},
      ${key}, ${JSON.stringify(data)}, ${null}, ${KEYS_MAX}) as outcome`;
    return c.json({ success: true });
  })
  .post("/storage/get", async (c) => {
    const { key } = await c.req.json() as { key: string };
    const [row] = await sql`
      select data, expires_at_ms from storage.get_entry(${connectionId}, ${key})`;
    return c.body(`{"data":${row?.["data"]}}`, 200, { "content-type": "application/json" });
  });
Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen: () => {} }, app.fetch);
