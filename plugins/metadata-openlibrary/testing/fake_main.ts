/** `deno task fake:openlibrary [--port 8091] [--require-contact]`: Open Library for trying out, offline. */
import { parseArgs } from "node:util";
import { startFakeOpenLibrary } from "./fake_server.ts";

const PORT_DEFAULT = "8091";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    port: { type: "string", default: PORT_DEFAULT },
    "require-contact": { type: "boolean", default: false },
  },
});

try {
  const { url } = startFakeOpenLibrary({
    port: Number(values.port),
    requireContact: values["require-contact"],
  });
  console.log(`Fake Open Library is ready at ${url}`);
} catch (thrown) {
  if (!(thrown instanceof Deno.errors.AddrInUse)) throw thrown;
  console.error(`Port ${values.port} is in use: choose another with --port`);
  Deno.exit(1);
}
