/** What administrators do, found again in the audit log. */
import assert from "node:assert/strict";
import {
  API_BASE,
  AuditPage,
  CreatedApiKey,
  Empty,
  Library,
  Plugin,
  User,
  UserPage,
} from "@codex/protocol";
import { startOneYearServer } from "../fakes/sign_in/one_year_server.ts";
import { connectAsAdmin } from "../harness/admin_database.ts";
import { startPlatform } from "../harness/platform.ts";
import { createLibrary, grantPlugin, importLines, setUpAdmin } from "../harness/scenario.ts";
import { addReader, useProvider } from "../harness/sign_in.ts";

Deno.test("whatever an administrator changes can be found again in the audit log", async () => {
  await using provider = startOneYearServer();
  await using platform = await startPlatform({
    env: { CODEX_ALLOWED_PRIVATE_HOSTS: provider.host },
  });
  await setUpAdmin(platform);
  const { api } = platform;

  const library = await createLibrary(platform, "Comics");
  await api.expect(Library, "PATCH", `/libraries/${library.id}`, { name: "Manga" });
  await importLines(platform, library.id, [{ key: "a", title: "A" }]);
  await api.expect(Empty, "DELETE", `/libraries/${library.id}`);

  const pluginId = await useProvider(platform, provider);
  const plugin = `/admin/plugins/${pluginId}`;
  for (const act of ["disable", "enable", "reset"]) {
    await api.expect(Plugin, "POST", `${plugin}/${act}`);
  }
  await api.call("DELETE", `${plugin}/data`);
  await api.expect(Empty, "DELETE", plugin);
  await api.call("POST", "/admin/plugins/reload");
  await grantPlugin(platform, "metadata-echo");
  await api.call("POST", "/admin/plugins", {
    name: "by-command",
    displayName: "By command",
    command: "node",
    args: ["nothing.mjs"],
    enabled: false,
  });

  await addReader(platform, "ada");
  const { items: users } = await api.expect(UserPage, "GET", "/users");
  const adaId = users.find(({ username }) => username === "ada")?.id;
  await api.expect(User, "PATCH", `/users/${adaId}`, { role: "maintainer" });
  await api.expect(Empty, "DELETE", `/users/${adaId}`);
  const key = await api.expect(CreatedApiKey, "POST", "/api-keys", {
    name: "k",
    scopes: ["account"],
  });
  await api.expect(Empty, "DELETE", `/api-keys/${key.id}`);
  const other = await api.expect(CreatedApiKey, "POST", "/api-keys", {
    name: "other",
    scopes: ["account"],
  });
  await api.expect(Empty, "DELETE", `/admin/api-keys/${other.id}`);

  const { items } = await api.expect(AuditPage, "GET", "/admin/audit?limit=200");
  const acts = items.filter(({ actorName }) => actorName === "admin").map(({ action }) => action);
  const wanted = [
    ...["created", "changed", "imported", "deleted"].map((act) => `library.${act}`),
    ...["changed", "tested", "granted", "oauth_client_set", "disabled", "enabled", "reset"],
    ...["data_removed", "deleted", "reloaded", "added"],
    ...["created", "updated", "deleted"].map((act) => `user.${act}`),
    ...["created", "deleted", "revoked"].map((act) => `api_key.${act}`),
    "setup.done",
  ].map((act) => act.includes(".") ? act : `plugin.${act}`);
  assert.deepEqual(wanted.filter((act) => !acts.includes(act)), []);
  const ofLibrary = items.filter(({ action }) => action.startsWith("library."));
  assert.ok(ofLibrary.every(({ target, source }) => target === library.id && source === "gateway"));

  // Nobody rewrites it: not by the API, and not with auth's own rights on the database.
  for (const method of ["DELETE", "PATCH", "PUT", "POST"]) {
    const headers = { authorization: `Bearer ${api.token}` };
    const reply = await fetch(`${platform.url}${API_BASE}/admin/audit`, { method, headers });
    assert.ok([404, 405].includes(reply.status), `${method} ${reply.status}`);
    await reply.body?.cancel();
  }
  const sql = await connectAsAdmin(platform);
  try {
    const [rights] = await sql`select has_table_privilege('codex_auth', 'auth.audit_log', 'UPDATE')
      or has_table_privilege('codex_auth', 'auth.audit_log', 'DELETE')
      or has_table_privilege('codex_auth', 'auth.audit_log', 'TRUNCATE') as any`;
    assert.equal(rights?.any, false);
  } finally {
    await sql.end();
  }
});
