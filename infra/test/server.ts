/** A PostgreSQL server for tests: empty, quick rather than durable, gone when disposed of. */
import { removeDataDir } from "../postgres/home.ts";
import { startServer } from "../postgres/server.ts";

export interface TestServer extends AsyncDisposable {
  /** The superuser's URL, of the database "postgres". */
  readonly adminUrl: string;
}

export async function startTestServer(): Promise<TestServer> {
  const dataDir = await Deno.makeTempDir({ prefix: "codex-test-" });
  // The server may run as another user, who has to pass this folder.
  await Deno.chmod(dataDir, 0o711);
  const server = await startServer({ dataDir, password: crypto.randomUUID(), durable: false });
  return {
    adminUrl: server.adminUrl("postgres"),
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await removeDataDir(dataDir);
    },
  };
}
