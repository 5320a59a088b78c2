/**
 * `execute` from outside, through gateway and plugin-host to a plugin, against the same chain of plain
 * parts: two Hono processes, as many statements as the real path makes, and a read-line plugin that gives the same
 * result.
 */
import assert from "node:assert/strict";
import postgres from "postgres";
import { startPlatform } from "../harness/platform.ts";
import { grantPlugin, setUpAdmin } from "../harness/scenario.ts";
import { startBare } from "./bare_chain.ts";
import { quantile, type Report } from "./report.ts";

const WARM_UP = 2000;
/** Of each round: in turn, so that whatever else the machine does strikes both alike. */
const CALLS = 100;
const ROUNDS = 20;
const AIM = 1.6;

export async function executeBench(report: Report): Promise<void> {
  await using platform = await startPlatform();
  await setUpAdmin(platform);
  const plugin = await grantPlugin(platform, "metadata-echo");
  const body = JSON.stringify({
    action: { metadata: { action: "search", contentType: "series", params: { query: "bench" } } },
  });
  const headers = {
    "content-type": "application/json",
    authorization: `Bearer ${platform.api.token}`,
  };
  const real = () => post(`${platform.url}/api/v1/plugins/${plugin.id}/execute`, headers, body);
  await repeat(WARM_UP, real);

  // Its own role may read the server's counts, as any may.
  const urlFile = `${platform.dataDir}/secrets/plugin-host/codex_plugin_host-database-url`;
  const statements = await statementsPerCall(urlFile, () => repeat(WARM_UP, real), WARM_UP);
  const { result } = await real();
  const pluginFile = new URL("children/bare_plugin.ts", import.meta.url).pathname;
  await using host = await startBare("bare_host.ts", [
    urlFile,
    String(statements),
    pluginFile,
    JSON.stringify(result),
  ]);
  await using hop = await startBare("bare_hop.ts", [host.url]);
  const bare = () => post(`${hop.url}/execute`, { "content-type": "application/json" }, body);
  await repeat(WARM_UP, bare);

  const realTimes: number[] = [];
  const bareTimes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    realTimes.push(...await repeat(CALLS, real));
    bareTimes.push(...await repeat(CALLS, bare));
  }
  for (const q of [0.5, 0.99]) {
    const value = quantile(Float64Array.from(realTimes), q);
    const floor = quantile(Float64Array.from(bareTimes), q);
    const ratio = value / floor;
    report({
      name: `execute.p${q * 100}`,
      value,
      unit: "ms",
      floor,
      ratio,
      ...(q === 0.5 && { aim: `≤ ${AIM} × floor`, holds: ratio <= AIM }),
    });
  }
  report({ name: "execute.statements", value: statements, unit: "per call" });
}

async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<{ readonly result: unknown }> {
  const reply = await fetch(url, { method: "POST", headers, body });
  const answer = await reply.json() as { success?: boolean; result: unknown };
  assert.equal(answer.success, true, JSON.stringify(answer));
  return answer;
}

/** Milliseconds of each call, one after the other. */
async function repeat(count: number, call: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now();
    await call();
    times.push(performance.now() - startedAt);
  }
  return times;
}

/** Statements that one call makes, by the server's own count of transactions. */
async function statementsPerCall(
  urlFile: string,
  work: () => Promise<unknown>,
  calls: number,
): Promise<number> {
  const sql = postgres((await Deno.readTextFile(urlFile)).trim(), { max: 1 });
  try {
    // Sessions report their counts at most once a second.
    const settle = () => new Promise((resolve) => setTimeout(resolve, 2500));
    const read = async () => {
      const rows = await sql<{ total: number }[]>`
        select sum(xact_commit)::int as total from pg_stat_database`;
      return rows[0]?.total ?? 0;
    };
    await settle();
    const before = await read();
    await work();
    await settle();
    return Math.round((await read() - before) / calls);
  } finally {
    await sql.end();
  }
}
