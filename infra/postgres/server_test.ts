import assert from "node:assert/strict";
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { type EmbeddedServer, startServer } from "./server.ts";

const options = (dataDir: string) => ({ dataDir, password: "test", durable: true });

/** A folder that the server's user can reach, removed with all in it. */
async function withFolder(run: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir();
  await Deno.chmod(dataDir, 0o711);
  try {
    await run(dataDir);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

async function query<T>(server: EmbeddedServer, run: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = postgres(server.adminUrl("postgres"), { max: 1, onnotice: () => {} });
  try {
    return await run(sql);
  } finally {
    await sql.end();
  }
}

const write = (server: EmbeddedServer, x: number) =>
  query(server, async (sql) => {
    await sql`create table if not exists kept (x int)`;
    await sql`insert into kept values (${x})`;
  });

const read = (server: EmbeddedServer) =>
  query(server, async (sql) => (await sql<{ x: number }[]>`select x from kept`).map(({ x }) => x));

Deno.test("a server and its data survive whatever ends them", async (t) => {
  await withFolder(async (dataDir) => {
    let server = await startServer(options(dataDir));
    await write(server, 1);

    await t.step("it listens on 127.0.0.1 alone, by password, with durable settings", async () => {
      const settings = await query(server, (sql) =>
        sql<{ name: string; setting: string }[]>`
          select name, setting from pg_settings where name in
            ('listen_addresses', 'unix_socket_directories', 'fsync', 'synchronous_commit')`);
      assert.deepEqual(Object.fromEntries(settings.map((row) => [row.name, row.setting])), {
        listen_addresses: "127.0.0.1",
        unix_socket_directories: "",
        fsync: "on",
        synchronous_commit: "on",
      });
      const url = new URL(server.adminUrl("postgres"));
      url.password = "wrong";
      const stranger = postgres(url.href, { max: 1 });
      await assert.rejects(stranger`select 1`, { code: "28P01" });
      await stranger.end();
    });

    await t.step("it doesn't run as root, and keeps its data to itself", async () => {
      const info = await Deno.stat(server.home.cluster);
      assert.notEqual(info.uid, 0);
      assert.equal(info.mode! & 0o777, 0o700);
    });

    await t.step("after stop: a new one on the same port", async () => {
      await server.stop();
      const { port } = server;
      server = await startServer(options(dataDir));
      assert.equal(server.port, port);
      assert.deepEqual(await read(server), [1]);
    });

    await t.step("after kill -9: it recovers what was acknowledged", async () => {
      await write(server, 2);
      Deno.kill(server.pid, "SIGKILL");
      await server.exited;
      server = await startServer(options(dataDir));
      assert.deepEqual(await read(server), [1, 2]);
    });

    await t.step("a leftover that still runs is stopped cleanly", async () => {
      const leftover = server;
      await write(leftover, 3);
      server = await startServer(options(dataDir));
      await leftover.exited;
      assert.deepEqual(await read(server), [1, 2, 3]);
    });

    await t.step("a lock file with the number of a stranger is no leftover", async () => {
      await server.stop();
      const stranger = new Deno.Command("sleep", { args: ["60"] }).spawn();
      const lines = [stranger.pid, server.home.cluster, 1, server.port, "", "127.0.0.1"];
      await Deno.writeTextFile(join(server.home.cluster, "postmaster.pid"), lines.join("\n"));
      server = await startServer(options(dataDir));
      assert.deepEqual(await read(server), [1, 2, 3]);
      stranger.kill();
      assert.equal((await stranger.status).signal, "SIGTERM");
    });

    await server.stop();
  });
});

Deno.test("a cluster of another major version is refused in words", async () => {
  await withFolder(async (dataDir) => {
    const cluster = join(dataDir, "postgres", "cluster");
    await Deno.mkdir(cluster, { recursive: true });
    await Deno.writeTextFile(join(cluster, "PG_VERSION"), "17\n");
    await assert.rejects(startServer(options(dataDir)), {
      name: "Failure",
      message: /is of PostgreSQL 17, the program of 18\./,
    });
  });
});
