import { deepEqual as equal, rejects } from "node:assert/strict";
import type { CallContext, Subject } from "@codex/protocol";
import { createAuthClient } from "./client.ts";
import { createFixture, type Fixture, json, PASSWORD } from "./testing/fixture.ts";

/** The client as another service holds it, over the app itself. */
async function clientOf(auth: Fixture, service: "gateway" | "plugin-host") {
  return createAuthClient({
    identity: await auth.identities.of(service),
    baseUrl: "http://auth.test",
    fetch: async (input, init) => await auth.app.request(String(input), init),
  });
}

const context = (subject?: Subject): CallContext => ({
  requestId: crypto.randomUUID(),
  ...(subject && { subject }),
});

Deno.test("the gateway resolves tokens through the client", async () => {
  await using auth = await createFixture();
  const { userId } = await auth.addUser("ada");
  const client = await clientOf(auth, "gateway");
  const body = { username: "ada", password: PASSWORD };
  const login = await json(await auth.call("POST", "/api/v1/auth/login", { body }));
  const principal = await client.resolve(context(), String(login["accessToken"]));
  equal(principal?.subject.userId, userId);
  equal(await client.resolve(context(), "nonsense"), null);
});

Deno.test("a connection lives its whole life through the client", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const [gateway, host] = [await clientOf(auth, "gateway"), await clientOf(auth, "plugin-host")];
  const ctx = context(subject);
  const pluginId = auth.addPlugin();
  const { id } = await gateway.enableConnection(ctx, pluginId);
  const configured = await gateway.configureConnection(ctx, pluginId, { unit: "volumes" });
  equal(configured.config, { unit: "volumes" });
  equal((await gateway.listConnections(ctx)).connections, [configured]);

  const issued = await gateway.issueTicket(ctx, pluginId);
  const renewed = await host.renewTicket(context(), issued.ticket);
  equal(await host.releaseConnectionSecrets(context(), renewed.ticket), {
    connection: configured,
    credentials: {},
  });

  await gateway.disableConnection(ctx, pluginId);
  await rejects(gateway.issueTicket(ctx, pluginId), { code: "conflict" });
  await gateway.disconnect(ctx, pluginId);
  await rejects(gateway.disconnect(ctx, pluginId), { code: "not_found" });
  await rejects(host.renewTicket(context(), renewed.ticket), { code: "unauthenticated" });
  equal((await auth.sql`select subject_id from purges_owed limit 1`)[0]?.["subject_id"], id);
});

Deno.test("plugin-host keeps secrets and reports to the audit log through the client", async () => {
  await using auth = await createFixture();
  const { userId } = await auth.addUser("root", "admin");
  const host = await clientOf(auth, "plugin-host");
  const pluginId = auth.addPlugin();
  await host.putPluginSecrets(context(), pluginId, { credentials: { key: "k", other: null } });
  equal(await host.getPluginSecrets(context(), pluginId), { credentials: { key: "k" } });
  await host.appendAudit(context(), {
    action: "plugin.granted",
    target: pluginId,
    actorId: userId,
  });
  await host.deletePlugin(context(), pluginId);
  equal(await host.getPluginSecrets(context(), pluginId), { credentials: {} });
  equal((await auth.sql`select actor_name from audit_log`)[0]?.["actor_name"], "root");
});

Deno.test("a refusal comes as the problem it is", async () => {
  await using auth = await createFixture({ keyring: null });
  const host = await clientOf(auth, "plugin-host");
  const change = { credentials: { key: "k" } };
  await rejects(host.putPluginSecrets(context(), auth.addPlugin(), change), {
    code: "encryption_key_missing",
    retryAfterSeconds: 60,
  });
});
