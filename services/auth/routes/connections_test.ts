import { deepEqual as equal, notEqual, ok } from "node:assert/strict";
import {
  Connection,
  ConnectionsAnswer,
  type PluginId,
  type Subject,
  TicketAnswer,
} from "@codex/protocol";
import { createFixture, type Fixture, json, problemCode } from "../testing/fixture.ts";

const path = (pluginId: string, act = "") => `/internal/connections/${pluginId}${act}`;

const enable = (auth: Fixture, subject: Subject, pluginId: PluginId) =>
  auth.call("POST", path(pluginId, "/enable"), { subject });

async function enabled(auth: Fixture, subject: Subject, pluginId: PluginId): Promise<Connection> {
  return Connection.parse(await json(await enable(auth, subject, pluginId)));
}

async function list(auth: Fixture, subject: Subject): Promise<ConnectionsAnswer> {
  const reply = await auth.call("GET", "/internal/connections", { subject });
  return ConnectionsAnswer.parse(await json(reply));
}

const oauth = {
  authorizationUrl: "https://provider.example/authorize",
  tokenUrl: "https://provider.example/token",
  scopes: [],
  pkce: true,
};

Deno.test("a plugin that needs nothing of the user is connected once enabled", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin();
  const connection = await enabled(auth, subject, pluginId);
  equal({ ...connection, id: "" }, {
    id: "",
    userId: subject.userId,
    pluginId,
    enabled: true,
    status: "connected",
    config: {},
    createdAt: new Date(auth.clock.now()).toISOString(),
  });
  equal(await list(auth, subject), {
    connections: [connection],
    purgesOwed: {},
    oauthClients: [],
  });
});

Deno.test("a plugin that needs a login is enabled, and not connected yet", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin({}, { oauth });
  equal((await enabled(auth, subject, pluginId)).status, "not_connected");
  const ticket = await auth.call("POST", path(pluginId, "/ticket"), { subject });
  equal(await problemCode(ticket, 409), "conflict");
});

Deno.test("enabling twice, also 20 times at once, makes one connection", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin();
  const all = await Promise.all(
    Array.from({ length: 20 }, () => enabled(auth, subject, pluginId)),
  );
  equal(new Set(all.map((connection) => connection.id)).size, 1);
});

Deno.test("enabling again keeps a status that was earned", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin({}, { oauth });
  await enabled(auth, subject, pluginId);
  await auth.sql`update connections set status = 'needs_reconnection', status_reason = 'Revoked'`;
  const again = await enabled(auth, subject, pluginId);
  equal([again.status, again.statusReason], ["needs_reconnection", "Revoked"]);
});

Deno.test("what can't be connected to is refused by name", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const system = auth.addPlugin({ name: "metadata-echo", pluginType: "system" });
  equal(await problemCode(await enable(auth, subject, system), 422), "unprocessable");
  const off = auth.addPlugin({ usable: false, stateReason: "Not granted" });
  const reply = await enable(auth, subject, off);
  ok(reply.headers.has("retry-after"));
  equal(await problemCode(reply, 503), "plugin_off");
  const unknown = await auth.call("POST", path(crypto.randomUUID(), "/enable"), { subject });
  equal(await problemCode(unknown, 404), "not_found");
  equal((await list(auth, subject)).connections, []);
});

Deno.test("a disabled connection keeps its data and gets no ticket", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin();
  const { id } = await enabled(auth, subject, pluginId);
  equal(await json(await auth.call("POST", path(pluginId, "/disable"), { subject })), {});
  const [connection] = (await list(auth, subject)).connections;
  equal([connection?.id, connection?.enabled], [id, false]);
  const ticket = await auth.call("POST", path(pluginId, "/ticket"), { subject });
  equal(await problemCode(ticket, 409), "conflict");
});

Deno.test("a new configuration keeps the server's part, unless that is named too", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin();
  await enabled(auth, subject, pluginId);
  const set = async (config: object) => {
    const body = { config };
    const reply = await auth.call("PUT", path(pluginId, "/config"), { subject, body });
    return (await json(reply))["config"];
  };
  const codex = { syncRatings: false, direction: "pull" };
  equal(await set({ unit: "volumes", _codex: codex }), { unit: "volumes", _codex: codex });
  equal(await set({ other: 1 }), { other: 1, _codex: codex });
  equal(await set({ _codex: {} }), { _codex: {} });
  equal((await list(auth, subject)).connections[0]?.config, { _codex: {} });
});

Deno.test("a configuration is checked by the plugin's schema, and every wrong part is named", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const fields = [{ key: "unit", label: "Unit", type: "string", required: false }];
  const pluginId = auth.addPlugin({}, { userConfigSchema: { fields } });
  await enabled(auth, subject, pluginId);
  const put = (config: object) =>
    auth.call("PUT", path(pluginId, "/config"), { subject, body: { config } });
  const problem = await json(await put({ unit: 1, other: 2, _codex: { nope: 1 } }), 400);
  const pointers = (problem["errors"] as { pointer: string }[]).map((it) => it.pointer);
  equal(pointers, ["/config/_codex/nope", "/config/unit", "/config/other"]);
  equal((await json(await put({ unit: "volumes" })))["config"], { unit: "volumes" });
});

Deno.test("a new configuration asks for a new process", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin();
  await enabled(auth, subject, pluginId);
  const revision = async () => {
    const reply = await auth.call("POST", path(pluginId, "/ticket"), { subject });
    const verified = await auth.deps.tickets.verify(TicketAnswer.parse(await json(reply)).ticket);
    ok(verified.ok);
    return verified.claims.revision;
  };
  const before = await revision();
  equal(await revision(), before);
  const body = { config: { unit: "volumes" } };
  await json(await auth.call("PUT", path(pluginId, "/config"), { subject, body }));
  equal(await revision(), before + 1);
});

Deno.test("a bad or huge configuration is refused and changes nothing", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin();
  await enabled(auth, subject, pluginId);
  for (const config of [{ _codex: "x" }, { big: "x".repeat(70_000) }, null, "text", []]) {
    const body = { config };
    const reply = await auth.call("PUT", path(pluginId, "/config"), { subject, body });
    equal(await problemCode(reply, 400), "bad_request");
  }
  equal((await list(auth, subject)).connections[0]?.config, {});
});

Deno.test("disconnecting removes the connection and its secrets and owes three purges", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin();
  const { id } = await enabled(auth, subject, pluginId);
  const keyId = auth.deps.keyring!.keyId;
  await auth.sql`
    insert into secrets (purpose, owner_id, connection_id, name, key_id, value, updated_at)
    values ('connection_credential', ${id}, ${id}, 'access_token', ${keyId}, 'x', now())`;
  equal(await json(await auth.call("DELETE", path(pluginId), { subject })), {});
  equal((await auth.sql`select 1 from secrets`).length, 0);
  equal(await list(auth, subject), {
    connections: [],
    purgesOwed: { [pluginId]: ["plugin-host", "storage", "sync"] },
    oauthClients: [],
  });
  equal(auth.purgesOwed(), 1);
  notEqual((await enabled(auth, subject, pluginId)).id, id);
});

Deno.test("of 20 disconnects at once one finds the connection, and purges are owed once", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin();
  await enabled(auth, subject, pluginId);
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => auth.call("DELETE", path(pluginId), { subject })),
  );
  equal(replies.filter((reply) => reply.status === 200).length, 1);
  equal(replies.filter((reply) => reply.status === 404).length, 19);
  equal((await auth.sql`select 1 from purges_owed`).length, 3);
});

Deno.test("another user's connection is out of reach, an administrator's too", async () => {
  await using auth = await createFixture();
  const ada = await auth.addUser("ada");
  const root = await auth.addUser("root", "admin");
  const pluginId = auth.addPlugin();
  await enabled(auth, ada, pluginId);
  const calls: [method: string, path: string, body?: object][] = [
    ["POST", path(pluginId, "/disable")],
    ["PUT", path(pluginId, "/config"), { config: {} }],
    ["POST", path(pluginId, "/ticket")],
    ["DELETE", path(pluginId)],
  ];
  for (const [method, url, body] of calls) {
    const reply = await auth.call(method, url, { subject: root, ...(body && { body }) });
    equal(await problemCode(reply, 404), "not_found");
  }
  equal(await list(auth, root), { connections: [], purgesOwed: {}, oauthClients: [] });
  equal((await list(auth, ada)).connections.length, 1);
});

Deno.test("a ticket names the connection and lives five minutes", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin();
  const connection = await enabled(auth, subject, pluginId);
  for (const from of ["gateway", "sync"] as const) {
    const reply = await auth.call("POST", path(pluginId, "/ticket"), { from, subject });
    const answer = TicketAnswer.parse(await json(reply));
    equal(answer.connection, connection);
    equal(Date.parse(answer.expiresAt) - auth.clock.now(), 300_000);
    const verified = await auth.deps.tickets.verify(answer.ticket);
    ok(verified.ok);
    const { connectionId, userId } = verified.claims;
    equal([connectionId, verified.claims.pluginId, userId], [
      connection.id,
      pluginId,
      subject.userId,
    ]);
  }
});
