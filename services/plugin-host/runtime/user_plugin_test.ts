import assert from "node:assert/strict";
import { join } from "node:path";
import {
  ConnectionId,
  PluginCallAnswer,
  type PluginId,
  Problem,
  type UserId,
  UserId as UserIds,
} from "@codex/protocol";
import { type TestService, withService } from "../testing/test_service.ts";

interface Person {
  readonly userId: UserId;
  readonly connectionId: ConnectionId;
  readonly ticket: string;
}

const SYNC = { capabilities: { userReadSync: true }, permissions: [] };

async function withSyncPlugin(
  body: (service: TestService, id: PluginId, connect: () => Promise<Person>) => Promise<void>,
): Promise<void> {
  await withService(async (service) => {
    await service.install("scripted", SYNC);
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted", []);
    const connect = async () => {
      const userId = UserIds.parse(crypto.randomUUID());
      const connectionId = ConnectionId.parse(crypto.randomUUID());
      const ids = { userId, connectionId, pluginId: id };
      const ticket = await service.ticket(ids);
      service.auth.connect(ticket, ids, { access_token: `token of ${userId}` });
      return { userId, connectionId, ticket };
    };
    await body(service, id, connect);
  });
}

function call(service: TestService, id: PluginId, ticket?: string) {
  return service.request(
    "POST",
    `/internal/plugins/${id}/call`,
    { method: "sync/getUserInfo", params: {}, ...(ticket !== undefined && { ticket }) },
    { service: "sync", subject: null },
  );
}

/** What the plugin was told at its start, and its reply from storage. */
async function told(service: TestService, id: PluginId, ticket: string) {
  const answer = (await call(service, id, ticket)).as(PluginCallAnswer);
  assert.ok(answer.ok);
  return JSON.parse(Object(answer.result).username);
}

Deno.test("each connection has a process, configuration, token and storage of its own", async () => {
  await withSyncPlugin(async (service, id, connect) => {
    const people = await Promise.all([connect(), connect()]);
    for (const { userId, connectionId, ticket } of people) {
      service.storage.values.set(`${ticket} account`, { of: userId });
      const { storage, initialized } = await told(service, id, ticket);
      assert.deepEqual(storage.result, { data: { of: userId } });
      assert.equal(initialized.userId, userId);
      assert.equal(initialized.userPluginId, connectionId);
      assert.deepEqual(initialized.userConfig, { unit: "volumes" });
      assert.deepEqual(initialized.config, { unit: "volumes" });
      assert.deepEqual(initialized.credentials, { access_token: `token of ${userId}` });
      assert.equal(
        initialized.dataDir,
        join(service.dataRoot, id, "users", userId, connectionId),
      );
    }
    assert.equal(service.deps.runtime.statusOf(id).state, "running");
  });
});

Deno.test("a call without a ticket, or with one that is forged or another plugin's, is refused", async () => {
  await withSyncPlugin(async (service, id, connect) => {
    const { userId, connectionId, ticket } = await connect();
    const none = await call(service, id);
    assert.deepEqual([none.status, none.as(Problem).code], [400, "bad_request"]);
    const forged = ticket.slice(0, -6) + "AAAAAA";
    assert.equal((await call(service, id, forged)).status, 401);
    const other = crypto.randomUUID() as PluginId;
    const foreign = await service.ticket({ userId, connectionId, pluginId: other });
    assert.equal((await call(service, id, foreign)).status, 401);
  });
});

Deno.test("a system plugin has no storage", async () => {
  await withService(async (service) => {
    await service.install("scripted", { capabilities: { metadataProvider: ["series"] } });
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted", []);
    const answer = await service.request(
      "POST",
      `/internal/plugins/${id}/call`,
      { method: "sync/getUserInfo", params: {} },
      { service: "sync", subject: null },
    );
    assert.equal(answer.status, 400);
  });
});

Deno.test("purging a connection ends its process and removes its folder, and no other's", async () => {
  await withSyncPlugin(async (service, id, connect) => {
    const [gone, stays] = [await connect(), await connect()];
    const folder = async (ticket: string) => (await told(service, id, ticket)).initialized.dataDir;
    const [goneFolder, staysFolder] = [await folder(gone.ticket), await folder(stays.ticket)];
    const purge = () =>
      service.request("DELETE", `/internal/connections/${gone.connectionId}`, undefined, {
        service: "auth",
        subject: null,
      });
    assert.equal((await purge()).status, 200);
    await assert.rejects(Deno.stat(goneFolder), Deno.errors.NotFound);
    assert.ok((await Deno.stat(staysFolder)).isDirectory);
    assert.equal((await purge()).status, 200);
    assert.equal(service.deps.runtime.statusOf(id).state, "running");
    const user = await service.request("DELETE", `/internal/users/${stays.userId}`, undefined, {
      service: "auth",
      subject: null,
    });
    assert.equal(user.status, 200);
    await assert.rejects(Deno.stat(staysFolder), Deno.errors.NotFound);
    assert.equal(service.deps.runtime.statusOf(id).state, "stopped");
  });
});
