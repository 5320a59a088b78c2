/**
 * Clients over IPv6, of whom each has a whole network of addresses to choose from: what the gateway
 * and auth limit by address they limit by network.
 */
import assert from "node:assert/strict";
import { API_BASE, type Problem } from "@codex/protocol";
import { testPluginSummary } from "@codex/service/testing";
import { requireTool } from "../../infra/test/tools.ts";
import { startAuthReplicas } from "../harness/auth_replicas.ts";
import { HttpBrowser } from "../harness/http_browser.ts";
import { IPV6_GATEWAY_TOOLS, type Ipv6Gateway, startIpv6Gateway } from "../harness/ipv6_gateway.ts";

/** Two addresses of one network (RFC 3849: they are nobody's). */
const [HERE, BESIDE] = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"] as const;
const NEXT_NETWORK = "2001:db8:1:3::1";
const OTHERS = [NEXT_NETWORK, "::1", "127.0.0.1", "127.0.0.2"] as const;

const CREDENTIALS = { username: "ada", password: "correct horse battery" };
const LOGIN = `${API_BASE}/auth/login`;
/** Of one address, the fewest that can be configured. */
const CONNECTIONS = 8;
/** A machine that is busy with other tests is late. */
const DEADLINE_MS = 60_000;

async function login(gateway: Ipv6Gateway, client: string, password = CREDENTIALS.password) {
  const reply = await gateway.request(client, LOGIN, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...CREDENTIALS, password }),
  });
  if (reply.status === 200) return "signed in";
  return (await reply.json() as Problem).code;
}

/** A connection of this client, on which it sends `lines` and `body`. */
async function send(gateway: Ipv6Gateway, client: string, lines: readonly string[], body = "") {
  const connection = await gateway.connect(client);
  const head = [...lines, "Host: codex.test", "", ""].join("\r\n");
  // The gateway may have closed it already.
  await connection.write(new TextEncoder().encode(head + body)).catch(() => {});
  return connection;
}

/** One with a request that doesn't end: it is in use, and makes room for nobody. */
function hold(gateway: Ipv6Gateway, client: string): Promise<Deno.TcpConn> {
  const lines = [
    `POST ${LOGIN} HTTP/1.1`,
    "Content-Type: application/json",
    "Content-Length: 100",
  ];
  return send(gateway, client, lines, "{");
}

/** Whether a new connection of this client is; it has given its place back by then. */
async function isServed(gateway: Ipv6Gateway, client: string): Promise<boolean> {
  const lines = ["GET /health/live HTTP/1.1", "Connection: close"];
  const connection = await send(gateway, client, lines);
  const answer = await new Response(connection.readable).text().catch(() => "reset");
  return answer.startsWith("HTTP/1.1 200 ");
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!await holds()) {
    assert.ok(performance.now() < deadline, `It did not come to pass: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

Deno.test({
  name: "clients of one IPv6 network share the limits of guesses and of connections",
  ignore: IPV6_GATEWAY_TOOLS.some((tool) => requireTool(tool) === "skip"),
  async fn(t) {
    await using replicas = await startAuthReplicas(testPluginSummary(), "127.0.0.1:9");
    await using gateway = await startIpv6Gateway({
      ...replicas,
      clients: [HERE, BESIDE, ...OTHERS],
      env: {
        CODEX_CONNECTIONS_MAX: String(4 * CONNECTIONS),
        CODEX_CONNECTIONS_PER_ADDRESS_MAX: String(CONNECTIONS),
      },
    });
    const { setupCode } = replicas;
    const setup = await new HttpBrowser().post(`${replicas.url}${API_BASE}/setup/initialize`, {
      ...CREDENTIALS,
      email: "ada@example.org",
      setupCode,
    });
    assert.equal(setup.status, 200, await setup.text());

    await t.step("ten wrong passwords of two addresses close the account to both", async () => {
      for (let attempt = 0; attempt < 10; attempt++) {
        const client = attempt % 2 === 0 ? HERE : BESIDE;
        assert.equal(await login(gateway, client, "a guess"), "invalid_credentials");
      }
      for (const client of [HERE, BESIDE]) {
        assert.equal(await login(gateway, client), "rate_limited", client);
      }
      for (const client of OTHERS) assert.equal(await login(gateway, client), "signed in", client);
    });

    await t.step("an IPv4 client counts by its address, also at a socket for both", async () => {
      for (let attempt = 0; attempt < 10; attempt++) {
        assert.equal(await login(gateway, "127.0.0.1", "a guess"), "invalid_credentials");
      }
      assert.equal(await login(gateway, "127.0.0.1"), "rate_limited");
      for (const client of ["127.0.0.2", "::1", NEXT_NETWORK]) {
        assert.equal(await login(gateway, client), "signed in", client);
      }
    });

    await t.step("connections of one address take the places of its network alone", async () => {
      const held: Deno.TcpConn[] = [];
      await until(async () => {
        held.push(await hold(gateway, BESIDE));
        return !await isServed(gateway, HERE);
      }, "the places of the network are taken");
      for (const client of OTHERS) assert.ok(await isServed(gateway, client), client);
      for (const connection of held) connection.close();
      await until(() => isServed(gateway, HERE), "they are free again");
    });
  },
});
