/** Starts the server of a folder, says where it is, and stops it when stdin ends. */
import { startServer } from "../server.ts";

const server = await startServer({ dataDir: Deno.args[0]!, password: "test", durable: true });
console.log(JSON.stringify({ pid: server.pid, home: server.home }));
for await (const _chunk of Deno.stdin.readable);
await server.stop();
