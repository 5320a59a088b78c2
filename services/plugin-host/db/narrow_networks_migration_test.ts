import assert from "node:assert/strict";
import postgres, { type Sql } from "postgres";
import { migrateDatabase } from "../../../infra/migrate/migrate.ts";
import { createTestDatabase, testPasswords } from "../../../infra/test/database.ts";
import { treeBefore } from "../../../infra/test/tree_before.ts";

interface Stored {
  readonly command?: string;
  readonly network: readonly string[];
  /** Hosts that codex-plugin.json, and the manifest, asked for when the grant was made. */
  readonly file?: readonly string[];
  readonly manifest?: readonly unknown[];
}

const PLUGINS: Readonly<Record<string, Stored>> = {
  asks: { network: ["*"], file: ["b.example:8080"], manifest: ["a.example", "b.example:8080"] },
  loops: { network: ["*", "127.0.0.1:8091", "[::1]:1"], manifest: ["127.0.0.1:8091", "a.example"] },
  odd: {
    network: ["*"],
    manifest: ["a.example", "http://b.example", "b.example:99999", "c.example:0"],
  },
  all: { network: ["*", "localhost:1"], manifest: ["*", "a.example"] },
  silent: { network: ["*"] },
  typed: { network: ["*", "127.0.0.1:8091"] },
  byhost: { network: ["a.example"], manifest: ["b.example"] },
  deno: { command: "deno", network: ["*"], manifest: ["a.example"] },
};

async function insert(sql: Sql, name: string, { command = "node", ...it }: Stored): Promise<void> {
  await sql`
    insert into plugin_host.plugins
      (name, display_name, command, network, pinned_file_wishes, pinned_manifest, enabled)
    values (${name}, ${name}, ${command}, ${sql.json([...it.network])},
      ${it.file === undefined ? null : sql.json({ network: [...it.file] })},
      ${sql.json(it.manifest === undefined ? {} : { network: it.manifest as string[] })}, true)`;
}

Deno.test("a stored grant of all of the network becomes what the plugin asked for, or waits", async () => {
  const tree = await treeBefore("plugin-host", "0009_narrow_networks");
  await using database = await createTestDatabase("none");
  const { adminUrl } = database;
  const migrate = (options: { tree?: string } = {}) =>
    migrateDatabase({ adminUrl, passwords: testPasswords, services: ["plugin-host"], ...options });
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    await migrate({ tree });
    for (const [name, stored] of Object.entries(PLUGINS)) await insert(sql, name, stored);
    await migrate();
    const rows = await sql`select * from plugin_host.plugins`;
    const found = new Map(rows.map((row) => [row["name"], row]));
    const networks = Object.keys(PLUGINS).map((name) => [name, found.get(name)?.["network"]]);
    assert.deepEqual(Object.fromEntries(networks), {
      asks: ["a.example", "b.example:8080"],
      loops: ["127.0.0.1:8091", "a.example", "[::1]:1"],
      odd: ["a.example"],
      all: ["*", "localhost:1"],
      silent: [],
      typed: ["127.0.0.1:8091"],
      byhost: ["a.example"],
      deno: ["*"],
    });
    const off = rows.filter((row) => !row["enabled"]);
    assert.deepEqual(off.map(({ name }) => name).sort(), ["silent", "typed"]);
    assert.ok(off.every((row) => /grant those it needs/.test(row["disabled_reason"])));
    const changed = rows.filter((row) => row["revision"] > 1).map(({ name }) => name);
    assert.deepEqual(changed.sort(), ["asks", "loops", "odd", "silent", "typed"]);
  } finally {
    await sql.end();
    await Deno.remove(tree, { recursive: true });
  }
});
