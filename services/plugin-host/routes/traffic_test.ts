/**
 * The ledger of what passed between plugins and hosts: real forwarders, broker, database and
 * server.
 */
import assert from "node:assert/strict";
import postgres from "postgres";
import {
  AdminTrafficPage,
  type PluginId,
  type TrafficEntry,
  TrafficPage,
  UserId,
} from "@codex/protocol";
import { testSubject } from "@codex/service/testing";
import { requireTool } from "../../../infra/test/tools.ts";
import { sweep } from "../sweep.ts";
import { withConnectedPlugin } from "../testing/connected_plugin.ts";
import { type TestService, withService } from "../testing/test_service.ts";
import { waitUntil } from "../testing/wait_until.ts";

const hasNoSandbox = ["bwrap", "socat", "ip"].some((tool) => requireTool(tool) === "skip");

const ANSWER = "how do you do";

/** A server on the loopback that answers each who ends with {@linkcode ANSWER}. */
function serve() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    for await (const connection of listener) {
      const buffer = new Uint8Array(100);
      while (await connection.read(buffer) !== null);
      await connection.write(new TextEncoder().encode(ANSWER));
      connection.close();
    }
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await served;
    },
  };
}

async function toldTo(service: TestService, id: PluginId, userId: UserId, query = "") {
  await service.deps.traffic.flush();
  const path = `/user/plugins/${id}/egress/hosts${query}`;
  const subject = testSubject("reader", userId);
  return (await service.request("GET", path, undefined, { subject })).as(TrafficPage);
}

async function toldToAdmin(service: TestService, id: PluginId) {
  await service.deps.traffic.flush();
  const path = `/admin/plugins/${id}/egress/hosts`;
  return (await service.request("GET", path)).as(AdminTrafficPage).items;
}

/** Connections, bytes in, bytes out and refusals by host: a test may run over midnight. */
function sums(items: readonly TrafficEntry[]): Record<string, number[]> {
  const byHost: Record<string, number[]> = {};
  for (const { host, connections, bytesIn, bytesOut, refusals } of items.toReversed()) {
    const before = byHost[host] ?? [0, 0, 0, 0];
    const more = [connections, bytesIn, bytesOut, refusals];
    byHost[host] = before.map((sum, place) => sum + more[place]!);
  }
  return byHost;
}

Deno.test({
  name:
    "what passes between a connection's process and each host is told to its reader and the admin",
  ignore: hasNoSandbox,
  fn: async () => {
    await using server = serve();
    await withConnectedPlugin(async (service, { id, connect, call }) => {
      const [literal, name] = [`127.0.0.1:${server.port}`, `localhost:${server.port}`];
      await service.request("PATCH", `/admin/plugins/${id}`, { network: [literal, name] });
      const [mine, other] = [await connect(), await connect()];
      const visit = async (person: typeof mine, host: string) =>
        assert.equal(
          (await call(person, "sync/pullProgress", { cursor: `visit ${host}` })).status,
          200,
        );
      await visit(mine, literal);
      await visit(mine, literal);
      await visit(mine, name);
      await visit(other, literal);
      const ofMine = {
        [literal]: [2, 2 * ANSWER.length, 10, 0],
        // It leads to this machine, and was not granted by its address.
        [name]: [0, 0, 0, 1],
      };
      const ofOther = { [literal]: [1, ANSWER.length, 5, 0] };
      const told = async ({ userId }: typeof mine) =>
        sums((await toldTo(service, id, userId)).items);
      // Oldest host first.
      const isTold = async () =>
        JSON.stringify([await told(mine), await told(other)]) === JSON.stringify([ofMine, ofOther]);
      await waitUntil(isTold, "all that passed is told");
      const all = await toldToAdmin(service, id);
      const ofConnection = all.filter(({ connectionId }) => connectionId === mine.connectionId);
      assert.deepEqual(sums(ofConnection), ofMine);
      assert.ok(ofConnection.every(({ userId }) => userId === mine.userId));
      const nobody = await toldTo(service, id, UserId.parse(crypto.randomUUID()));
      assert.deepEqual(nobody.items, []);
    }, { hasSandbox: true });
  },
});

const ONCE = { connections: 1, bytesIn: 2, bytesOut: 3, refusals: 4 };
const host = (name: string) => ({ host: name, port: 443, mayBePrivate: false });

Deno.test("traffic is summed by host over replicas, paged newest first, and kept for 30 days", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.plugin("scripted");
    const second = await service.replica();
    for (const { deps } of [service, second]) {
      for (const name of ["b.example", "a.example", "fd00::9"]) {
        deps.traffic.note(id, undefined, host(name), ONCE);
        deps.traffic.note(id, undefined, host(name), ONCE);
      }
    }
    await Promise.all([service.deps.traffic.flush(), second.deps.traffic.flush()]);
    const all = await toldToAdmin(service, id);
    assert.deepEqual(sums(all), {
      "b.example:443": [4, 8, 12, 16],
      "a.example:443": [4, 8, 12, 16],
      "[fd00::9]:443": [4, 8, 12, 16],
    });
    const read = async (query: string) =>
      (await service.request("GET", `/admin/plugins/${id}/egress/hosts${query}`)).as(
        AdminTrafficPage,
      );
    const first = await read("?limit=2");
    const rest = await read(`?limit=100&cursor=${first.nextCursor}`);
    assert.deepEqual([...first.items, ...rest.items], all);
    const sql = postgres(service.adminUrl, { max: 1 });
    const age = (days: number) =>
      sql`update plugin_host.traffic set last_at = now() - make_interval(days => ${days})
        where host = 'a.example:443'`;
    await age(29);
    await sweep(service.deps.db);
    assert.equal((await toldToAdmin(service, id)).length, all.length);
    await age(31);
    await sweep(service.deps.db);
    assert.deepEqual(Object.keys(sums(await toldToAdmin(service, id))).sort(), [
      "[fd00::9]:443",
      "b.example:443",
    ]);
    await sql.end();
  });
});

Deno.test("traffic goes with the connection, the user and the plugin, and comes not back", async () => {
  await withConnectedPlugin(async (service, { id, connect }) => {
    const [gone, goneUser, stays] = [await connect(), await connect(), await connect()];
    const note = () => {
      for (const { connectionId, userId } of [gone, goneUser, stays]) {
        const connection = { id: connectionId, userId };
        service.deps.traffic.note(id, connection, host("a.example"), ONCE);
      }
    };
    note();
    await service.deps.traffic.flush();
    note();
    const as = { service: "auth", subject: null } as const;
    await service.request("DELETE", `/internal/connections/${gone.connectionId}`, undefined, as);
    await service.request("DELETE", `/internal/users/${goneUser.userId}`, undefined, as);
    const left = await toldToAdmin(service, id);
    assert.deepEqual([...new Set(left.map(({ userId }) => userId))], [stays.userId]);
    note();
    await service.request("DELETE", `/admin/plugins/${id}`);
    await service.deps.traffic.flush();
    const sql = postgres(service.adminUrl, { max: 1 });
    assert.deepEqual([...await sql`select * from plugin_host.traffic`], []);
    await sql.end();
  });
});

Deno.test("a database that is away loses nothing of the traffic", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.plugin("scripted");
    const sql = postgres(service.adminUrl, { max: 1 });
    service.deps.traffic.note(id, undefined, host("a.example"), ONCE);
    await sql`alter table plugin_host.traffic rename to away`;
    await assert.rejects(service.deps.traffic.flush());
    service.deps.traffic.note(id, undefined, host("a.example"), ONCE);
    await sql`alter table plugin_host.away rename to traffic`;
    await sql.end();
    assert.deepEqual(sums(await toldToAdmin(service, id)), { "a.example:443": [2, 4, 6, 8] });
  });
});
