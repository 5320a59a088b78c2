import assert from "node:assert/strict";
import { concerned } from "./watcher.ts";

const servicesOf = (path: string) => [...concerned(path).services].sort();

Deno.test("a service's own code concerns it alone, its client also those that call it", () => {
  assert.deepEqual(servicesOf("services/sync/app.ts"), ["sync"]);
  assert.deepEqual(servicesOf("services/storage/client.ts"), [
    "auth",
    "gateway",
    "plugin-host",
    "storage",
  ]);
});

Deno.test("shared code concerns every service, a plugin the host of plugins", () => {
  assert.equal(servicesOf("shared/protocol/mod.ts").length, 6);
  assert.deepEqual(servicesOf("plugins/sdk/mod.ts"), ["plugin-host"]);
});

Deno.test("tests, notes and other folders concern nothing", () => {
  for (
    const path of [
      "services/sync/app_test.ts",
      "services/sync/testing/fake.ts",
      "services/sync/README.md",
      "services/sync/.app.ts.swp",
      "services/other/app.ts",
      "docs/guide.ts",
    ]
  ) assert.deepEqual(servicesOf(path), [], path);
});

Deno.test("migrations and grants concern the database as well", () => {
  for (const file of ["migrations/0001_x.sql", "migrations/meta/_journal.json", "grants.sql"]) {
    assert.ok(concerned(`services/auth/db/${file}`).concernsDatabase, file);
  }
  assert.ok(!concerned("services/auth/db/schema.ts").concernsDatabase);
});
