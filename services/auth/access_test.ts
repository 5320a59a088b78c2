/** Who may call what: every route without identity, as another service, and with too low a role. */
import { deepEqual as equal, ok } from "node:assert/strict";
import { API_BASE, SERVICE_NAMES, type ServiceName } from "@codex/protocol";
import { OPERATIONS } from "@codex/protocol/operations";
import { createTestIdentities, testSubject } from "@codex/service/testing";
import { createFixture, type Fixture, problemCode } from "./testing/fixture.ts";

const ID = "00000000-0000-4000-8000-000000000000";

interface Route {
  readonly method: string;
  readonly path: string;
  readonly callers: readonly ServiceName[];
  /** Whether it is for a user; a service's own work is refused then. */
  readonly forUser: boolean;
}

const internal = (method: string, path: string, ...callers: ServiceName[]): Route => ({
  method,
  path: path.replace(":pluginId", ID),
  callers,
  forUser: /^\/internal\/(connections|oauth)/.test(path),
});

const ownOperations = OPERATIONS.filter((operation) => operation.owner === "auth");
const pathOf = (path: string) => API_BASE + path.replace("{id}", ID);

const ROUTES: readonly Route[] = [
  ...ownOperations.map((operation): Route => ({
    method: operation.method.toUpperCase(),
    path: pathOf(operation.path),
    callers: ["gateway"],
    forUser: operation.access !== "public",
  })),
  internal("POST", "/internal/principal", "gateway"),
  internal("GET", "/internal/connections", "gateway", "sync"),
  internal("POST", "/internal/connections/:pluginId/enable", "gateway"),
  internal("POST", "/internal/connections/:pluginId/disable", "gateway"),
  internal("PUT", "/internal/connections/:pluginId/config", "gateway"),
  internal("DELETE", "/internal/connections/:pluginId", "gateway"),
  internal("POST", "/internal/connections/:pluginId/ticket", "gateway", "sync"),
  internal("PUT", "/internal/connections/:pluginId/credentials", "gateway"),
  internal("POST", "/internal/oauth/start/:pluginId", "gateway"),
  internal("POST", "/internal/oauth/finish", "gateway"),
  internal("POST", "/internal/tickets/renew", "plugin-host"),
  internal("POST", "/internal/tickets/auth-failure", "gateway", "plugin-host", "sync"),
  internal("POST", "/internal/audit", "gateway", "library", "plugin-host", "storage", "sync"),
  internal("PUT", "/vault/plugins/:pluginId", "plugin-host"),
  internal("GET", "/vault/plugins/:pluginId", "plugin-host"),
  internal("DELETE", "/vault/plugins/:pluginId", "plugin-host"),
  internal("POST", "/vault/connections/release", "plugin-host"),
];

/** Paths of the routes that the app really has, with parameters filled in. */
function routesOf(auth: Fixture): string[] {
  return [
    ...new Set(
      auth.app.routes
        .filter((route) => route.method !== "ALL" && !route.path.startsWith("/health"))
        .map((route) => `${route.method} ${route.path.replace(/:\w+/g, ID)}`),
    ),
  ].sort();
}

Deno.test("every route stands in this table", async () => {
  await using auth = await createFixture();
  equal(routesOf(auth), ROUTES.map((route) => `${route.method} ${route.path}`).sort());
});

Deno.test("every route is closed without identity and to a forged one", async () => {
  await using auth = await createFixture();
  const strangers = await createTestIdentities(auth.clock.now);
  for (const { method, path } of ROUTES) {
    const bare = await auth.app.request(path, { method });
    equal(await problemCode(bare, 401), "unauthenticated", `${method} ${path}`);
    for (const authorization of ["Bearer x.y.z", "Basic eDp5", "Bearer "]) {
      const forged = await auth.app.request(path, { method, headers: { authorization } });
      equal(forged.status, 401, `${method} ${path} ${authorization}`);
      await forged.body?.cancel();
    }
    const headers = await strangers.headers("gateway", "auth");
    equal((await auth.app.request(path, { method, headers })).status, 401, `${method} ${path}`);
  }
});

Deno.test("every route is closed to the services it doesn't name, and to tokens for others", async () => {
  await using auth = await createFixture();
  for (const { method, path, callers } of ROUTES) {
    for (const from of SERVICE_NAMES) {
      if (callers.includes(from)) continue;
      const reply = await auth.call(method, path, { from });
      equal(await problemCode(reply, 403), "forbidden", `${from} ${method} ${path}`);
    }
    const headers = await auth.identities.headers(callers[0]!, "library");
    const misdirected = await auth.app.request(path, { method, headers });
    equal(misdirected.status, 401, `for library ${method} ${path}`);
  }
});

Deno.test("a call for a user is closed without one", async () => {
  await using auth = await createFixture();
  for (const { method, path, callers, forUser } of ROUTES) {
    if (!forUser) continue;
    for (const from of callers) {
      const reply = await auth.call(method, path, { from });
      equal(await problemCode(reply, 401), "unauthenticated", `${from} ${method} ${path}`);
    }
  }
});

Deno.test("every public call needs the scope and the freshness that the API promises", async () => {
  await using auth = await createFixture();
  const admin = await auth.addUser("root", "admin");
  for (const { method, path, access, fresh } of ownOperations) {
    if (access === "public" || access === "any") continue;
    const url = pathOf(path);
    const name = `${method} ${path}`;
    const without = { ...admin, scopes: admin.scopes.filter((scope) => scope !== access) };
    const reply = await auth.call(method.toUpperCase(), url, { subject: without });
    equal(await problemCode(reply, 403), "forbidden", name);
    if (access.endsWith(":admin")) {
      const reader = await auth.call(method.toUpperCase(), url, { subject: testSubject("reader") });
      equal(await problemCode(reader, 403), "forbidden", name);
    }
    const stale = await auth.call(method.toUpperCase(), url, {
      subject: { ...admin, fresh: false },
    });
    if (fresh) equal(await problemCode(stale, 403), "fresh_authentication_required", name);
    else ok((await stale.json())["code"] !== "fresh_authentication_required", name);
  }
});

Deno.test("connections need the permission to use plugins", async () => {
  await using auth = await createFixture();
  const subject = { ...testSubject("reader"), scopes: ["account" as const] };
  for (const { method, path, callers, forUser } of ROUTES) {
    if (!forUser || !path.startsWith("/internal/")) continue;
    const reply = await auth.call(method, path, { from: callers[0]!, subject });
    equal(await problemCode(reply, 403), "forbidden", `${method} ${path}`);
  }
});

Deno.test("health needs no identity", async () => {
  await using auth = await createFixture();
  for (const path of ["/health/live", "/health/ready"]) {
    equal((await auth.app.request(path)).status, 200);
  }
});
