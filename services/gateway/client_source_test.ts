/** Proxies that nobody told the gateway of, over real connections. */
import { deepEqual as equal } from "node:assert/strict";
import { ADDRESS_SHARED_HEADER, API_BASE, CLIENT_ADDRESS_HEADER } from "@codex/protocol";
import { quietLogger } from "@codex/service";
import { startGateway } from "./testing/servers.ts";

const FORWARDED = { "x-forwarded-for": "203.0.113.9" };

async function scene(trustedProxies: number) {
  const sources: (string | null)[][] = [];
  const warnings: unknown[] = [];
  const logger = Object.create(quietLogger(), {
    warn: { value: (message: string, properties: object) => warnings.push([message, properties]) },
    info: { value: () => {} },
  });
  const gateway = await startGateway(({ headers }) => {
    sources.push([headers.get(CLIENT_ADDRESS_HEADER), headers.get(ADDRESS_SHARED_HEADER)]);
    return Response.json({});
  }, { trustedProxies, logger });
  const ask = async (headers: Record<string, string>) => {
    const reply = await fetch(`${gateway.url}${API_BASE}/setup/status`, { headers });
    equal([reply.status, await reply.text()], [200, "{}"]);
  };
  return { gateway, sources, warnings, ask };
}

Deno.test("a private peer that forwards for others while none is trusted is told to the log once", async () => {
  const { gateway, sources, warnings, ask } = await scene(0);
  await using _ = gateway;
  await ask({ [ADDRESS_SHARED_HEADER]: "forged" });
  equal(sources, [["127.0.0.1", null]]);
  equal(warnings, []);
  for (let n = 0; n < 3; n++) await ask(FORWARDED);
  equal(sources.slice(1), Array.from({ length: 3 }, () => ["127.0.0.1", "1"]));
  equal(warnings, [[
    "{peer} sends X-Forwarded-For, but CODEX_TRUSTED_PROXIES is 0: everybody behind it counts " +
    "as one address. Set it to the number of proxies in front, if that is what {peer} is",
    { peer: "127.0.0.1" },
  ]]);
});

Deno.test("a trusted proxy's clients have addresses of their own, and nothing is to be warned of", async () => {
  const { gateway, sources, warnings, ask } = await scene(1);
  await using _ = gateway;
  await ask(FORWARDED);
  equal(sources, [["203.0.113.9", null]]);
  equal(warnings, []);
});
