/** A service like all others, on a port of its own choice. */
import { runMain, serveUntilStopped, startLogging } from "../mod.ts";

await runMain("library", async () => {
  const logger = await startLogging("library", "info");
  await serveUntilStopped({
    fetch: () => new Response("hello"),
    hostname: "127.0.0.1",
    port: 0,
    logger,
    onStop: [],
  });
});
