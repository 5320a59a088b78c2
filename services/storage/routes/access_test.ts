import assert from "node:assert/strict";
import { importJWK, type JWK, SignJWT } from "jose";
import type { ServiceName } from "@codex/protocol";
import { createTicketSigner } from "@codex/service";
import { createTestIdentities, type TestIdentities } from "@codex/service/testing";
import {
  context,
  newConnection,
  startTestStorage,
  type TestConnection,
  type TestStorage,
} from "../testing.ts";

const ROUTES = [
  "POST /internal/storage/get",
  "POST /internal/storage/set",
  "POST /internal/storage/delete",
  "POST /internal/storage/list",
  "POST /internal/storage/clear",
  `GET /internal/plugins/${crypto.randomUUID()}/use`,
  `DELETE /internal/connections/${crypto.randomUUID()}`,
  `DELETE /internal/users/${crypto.randomUUID()}`,
];
const TICKETED = ROUTES.filter((route) => route.includes("/storage/"));

/** Calls a route with a body that suits it; answers its status. */
async function call(
  { baseUrl }: TestStorage,
  route: string,
  headers: Record<string, string>,
): Promise<number> {
  const [method = "", path = ""] = route.split(" ");
  const isSet = path.endsWith("/set");
  const reply = await fetch(baseUrl + path, {
    method,
    headers: { "content-type": isSet ? "application/x-ndjson" : "application/json", ...headers },
    ...(method === "POST" && { body: isSet ? '{"key":"forged"}\n1' : '{"key":"a"}' }),
  });
  await reply.body?.cancel();
  return reply.status;
}

Deno.test("each route answers its own callers only", async () => {
  await using test = await startTestStorage();
  const ticket = await test.ticketFor(newConnection());
  const allowed: Record<string, ServiceName> = {
    POST: "plugin-host",
    GET: "plugin-host",
    DELETE: "auth",
  };
  for (const route of ROUTES) {
    assert.equal(await call(test, route, { "x-codex-ticket": ticket }), 401, route);
    for (const service of ["gateway", "auth", "library", "plugin-host", "sync"] as const) {
      const headers = await test.identities.headers(service, "storage");
      const status = await call(test, route, { ...headers, "x-codex-ticket": ticket });
      const expected = allowed[route.split(" ")[0]!] === service ? 200 : 403;
      assert.equal(status, expected, `${service} ${route}`);
    }
    const meantForOther = await test.identities.headers("plugin-host", "auth");
    assert.equal(await call(test, route, { ...meantForOther, "x-codex-ticket": ticket }), 401);
  }
});

/** A token of `connection`, signed by `signer`, that is wrong in the ways named. */
async function forge(
  { identities, clock }: TestStorage,
  connection: TestConnection,
  changes: { signer?: ServiceName; typ?: string; issuer?: string; seconds?: number },
): Promise<string> {
  const { signer = "auth", typ = "codex-ticket+jwt", issuer = "auth", seconds = 300 } = changes;
  const issuedAt = Math.floor(clock.now() / 1000);
  return await new SignJWT({ ...connection })
    .setProtectedHeader({ alg: "EdDSA", typ })
    .setIssuer(issuer)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + seconds)
    .sign(await importJWK(identities.privateKeys[signer] as JWK, "EdDSA"));
}

async function forgedTickets(test: TestStorage): Promise<Record<string, string>> {
  const { identities, clock } = test;
  const victim = newConnection();
  const good = await test.ticketFor(victim);
  const [header, payload, signature] = good.split(".") as [string, string, string];
  const payloadOf = async (connection: TestConnection) =>
    (await test.ticketFor(connection)).split(".")[1]!;
  const otherConnection = await payloadOf(newConnection());
  const otherPlugin = await payloadOf({ ...victim, pluginId: newConnection().pluginId });
  const unsigned = btoa('{"alg":"none","typ":"codex-ticket+jwt"}').replaceAll("=", "");
  const strangers: TestIdentities = await createTestIdentities(clock.now);
  const strange = await createTicketSigner(strangers.privateKeys.auth, clock.now);
  const identity = await identities.of("auth");
  return {
    "signed by plugin-host": await forge(test, victim, { signer: "plugin-host" }),
    "signed by plugin-host in its own name": await forge(test, victim, {
      signer: "plugin-host",
      issuer: "plugin-host",
    }),
    "signed by a stranger": (await strange(victim)).ticket,
    "of another type": await forge(test, victim, { typ: "JWT" }),
    "an identity token of auth": await identity.tokenFor("storage"),
    "of too long a life": await forge(test, victim, { seconds: 301 }),
    "without a connection": await forge(test, {} as TestConnection, {}),
    "of another connection under this signature": `${header}.${otherConnection}.${signature}`,
    "of another plugin under this signature": `${header}.${otherPlugin}.${signature}`,
    "without signature": `${header}.${payload}.`,
    "of no algorithm": `${unsigned}.${payload}.`,
    "empty": "",
    "nonsense": "nonsense",
  };
}

Deno.test("a forged ticket opens nothing", async () => {
  await using test = await startTestStorage();
  const headers = await test.identities.headers("plugin-host", "storage");
  for (const route of TICKETED) assert.equal(await call(test, route, headers), 401, route);
  for (const [name, ticket] of Object.entries(await forgedTickets(test))) {
    for (const route of TICKETED) {
      const status = await call(test, route, { ...headers, "x-codex-ticket": ticket });
      assert.equal(status, 401, `${name}: ${route}`);
    }
  }
  assert.equal((await test.admin`select from storage.entries`).length, 0);
  // The forger's tools make a good ticket where nothing is wrong with it.
  const good = { ...headers, "x-codex-ticket": await forge(test, newConnection(), {}) };
  assert.equal(await call(test, "POST /internal/storage/set", good), 200);
});

Deno.test("an expired ticket opens nothing, though it was valid a moment ago", async () => {
  await using test = await startTestStorage();
  const { storage } = test;
  const ticket = await test.ticketFor(newConnection());
  await storage.set(context, ticket, { key: "a", data: 1 });
  test.clock.advance(299_999);
  assert.deepEqual(await storage.get(context, ticket, "a"), { data: 1 });
  test.clock.advance(1);
  const expired = { code: "unauthenticated", message: "The connection ticket has expired" };
  await assert.rejects(storage.get(context, ticket, "a"), expired);
  await assert.rejects(storage.set(context, ticket, { key: "a", data: 2 }), expired);
  await assert.rejects(storage.delete(context, ticket, "a"), expired);
  await assert.rejects(storage.list(context, ticket), expired);
  await assert.rejects(storage.clear(context, ticket), expired);
});

Deno.test("with a valid ticket of its own a connection reaches no other's data", async () => {
  await using test = await startTestStorage();
  const { storage } = test;
  const owner = newConnection();
  const others = {
    "another user of the plugin": newConnection({ pluginId: owner.pluginId }),
    "another plugin of the user": newConnection({ userId: owner.userId }),
    "the same user and plugin, connected again": newConnection({
      userId: owner.userId,
      pluginId: owner.pluginId,
    }),
  };
  const ticket = await test.ticketFor(owner);
  await storage.set(context, ticket, { key: "a", data: "owner's" });
  for (const [name, other] of Object.entries(others)) {
    const foreign = await test.ticketFor(other);
    assert.deepEqual(await storage.get(context, foreign, "a"), { data: null }, name);
    assert.deepEqual(await storage.list(context, foreign), { keys: [] }, name);
    assert.equal(await storage.delete(context, foreign, "a"), false, name);
    assert.equal(await storage.clear(context, foreign), 0, name);
    await storage.set(context, foreign, { key: "a", data: name });
  }
  assert.deepEqual(await storage.get(context, ticket, "a"), { data: "owner's" });
  assert.equal((await storage.list(context, ticket)).keys.length, 1);
});
