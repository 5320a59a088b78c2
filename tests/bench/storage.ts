/**
 * `storage/set` and `/get` as a plugin sees them, through plugin-host and storage, against the plainest
 * chain of the same parts in the same run: a read-line plugin, a bare host, a bare service that makes
 * storage's own statement.
 */
import { z } from "zod";
import { Me } from "@codex/protocol";
import { startPlatform } from "../harness/platform.ts";
import { setUpAdmin } from "../harness/scenario.ts";
import { actAsSync, chooseServicePorts } from "../harness/service_peer.ts";
import { connectStorageProbe } from "../harness/storage_probe.ts";
import { startBare } from "./bare_chain.ts";
import { quantile, type Report } from "./report.ts";

const ROUNDS = 5;
const SERIAL_CALLS = 400;
const CONCURRENT_CALLS = 1500;
const IN_FLIGHT = 16;
const CHARACTERS = 200;
const P50_RATIO_MAX = 1.5;
const THROUGHPUT_RATIO_MIN = 0.5;

const Measured = z.object({ times: z.array(z.number()), elapsedMs: z.number() });

interface Round {
  /** Milliseconds, one call after the other. */
  readonly p50: number;
  readonly p99: number;
  /** With {@linkcode IN_FLIGHT} at a time. */
  readonly perSecond: number;
}

type Measure = (
  method: "set" | "get",
  count: number,
  inFlight: number,
) => Promise<z.infer<typeof Measured>>;

export async function storageBench(report: Report): Promise<void> {
  const ports = chooseServicePorts();
  await using platform = await startPlatform({ env: ports.env });
  await setUpAdmin(platform);
  const peer = await actAsSync(platform, ports);
  const probe = await connectStorageProbe(platform, peer);
  const real: Measure = async (method, count, inFlight) =>
    Measured.parse(
      await probe.run({ do: "measure", method, count, inFlight, characters: CHARACTERS }),
    );

  const { id: userId } = await platform.api.expect(Me, "GET", "/auth/me");
  const { connection } = await peer.ticket(userId, probe.pluginId);
  await using hop = await startBare("bare_storage_hop.ts", [
    `${platform.dataDir}/secrets/storage/codex_storage-database-url`,
    connection.id,
    probe.pluginId,
    userId,
  ]);
  const pluginFile = new URL("children/bare_storage_plugin.ts", import.meta.url).pathname;
  await using host = await startBare("bare_storage_host.ts", [hop.url, pluginFile]);
  const bare: Measure = async (method, count, inFlight) => {
    const body = JSON.stringify({ method, count, inFlight, characters: CHARACTERS });
    return Measured.parse(
      await (await fetch(`${host.url}/measure`, { method: "POST", body })).json(),
    );
  };

  for (const method of ["set", "get"] as const) await compare(report, method, real, bare);
}

/** Rounds are interleaved and ratios taken within a round, so that a busy moment strikes both. */
async function compare(
  report: Report,
  method: "set" | "get",
  real: Measure,
  bare: Measure,
): Promise<void> {
  await measure(real, method);
  await measure(bare, method);
  const rounds: { real: Round; bare: Round }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ real: await measure(real, method), bare: await measure(bare, method) });
  }
  const figure = (of: keyof Round) => ({
    value: median(rounds.map((round) => round.real[of])),
    floor: median(rounds.map((round) => round.bare[of])),
    ratio: median(rounds.map((round) => round.real[of] / round.bare[of])),
  });
  const p50 = figure("p50");
  report({
    name: `storage.${method}.p50`,
    unit: "ms",
    ...p50,
    aim: `≤ ${P50_RATIO_MAX} × floor`,
    holds: p50.ratio <= P50_RATIO_MAX,
  });
  report({ name: `storage.${method}.p99`, unit: "ms", ...figure("p99") });
  const throughput = figure("perSecond");
  report({
    name: `storage.${method}.${IN_FLIGHT}`,
    unit: "calls/s",
    ...throughput,
    aim: `≥ ${THROUGHPUT_RATIO_MIN} × floor`,
    holds: throughput.ratio >= THROUGHPUT_RATIO_MIN,
  });
}

async function measure(run: Measure, method: "set" | "get"): Promise<Round> {
  const serial = Float64Array.from((await run(method, SERIAL_CALLS, 1)).times);
  const { elapsedMs } = await run(method, CONCURRENT_CALLS, IN_FLIGHT);
  return {
    p50: quantile(serial, 0.5),
    p99: quantile(serial, 0.99),
    perSecond: CONCURRENT_CALLS / elapsedMs * 1000,
  };
}

function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values), 0.5);
}
