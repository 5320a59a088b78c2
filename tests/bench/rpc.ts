import { type Contender, startBare, startCodex, startMcp, startVscode } from "./rpc_contenders.ts";

/** One line of the benchmark's table. `floor` and `peer` are the same measure of the other. */
interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly floor?: number;
  readonly peer?: number;
  readonly ratio?: number;
  readonly aim?: string;
  readonly holds?: boolean;
}

/** What one contender did in one round. */
interface Round {
  readonly p50: number;
  readonly p99: number;
  readonly serialPerSecond: number;
  readonly concurrentPerSecond: number;
}

const ROUNDS = 7;
const SERIAL_CALLS = 2000;
const CONCURRENT_CALLS = 30_000;
const IN_FLIGHT = 64;
const P50_RATIO_MAX = 1.25;
const FLOOR_THROUGHPUT_MIN = 0.6;
const PEER_THROUGHPUT_MIN = 2;

/**
 * JSON-RPC through the real connection layer beside a bare read-line loop, vscode-jsonrpc and the
 * MCP SDK, each with a Node echo child. Rounds are interleaved, and ratios are taken within a round and
 * then their median, so that a busy moment of the machine strikes all of them.
 */
export async function rpcBench(report: (figure: Figure) => void): Promise<void> {
  const contenders = [startBare(), startCodex(), startVscode(), await startMcp()] as const;
  const rounds: Round[][] = contenders.map(() => []);
  try {
    for (const contender of contenders) await warmUp(contender);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, contender] of contenders.entries()) {
        rounds[index]?.push(await measure(contender));
      }
    }
  } finally {
    for (const contender of contenders) await contender.stop();
  }
  const [bare = [], codex = [], vscode = [], mcp = []] = rounds;
  reportAgainstFloor(report, codex, bare);
  reportAgainstPeer(report, codex, vscode, "vscode-jsonrpc");
  reportAgainstPeer(report, codex, mcp, "MCP SDK");
}

function reportAgainstFloor(
  report: (figure: Figure) => void,
  codex: readonly Round[],
  bare: readonly Round[],
): void {
  const figure = (measure: keyof Round) => ({
    value: median(codex.map((round) => round[measure])),
    floor: median(bare.map((round) => round[measure])),
    ratio: medianRatio(codex, bare, measure),
  });
  const p50 = figure("p50");
  report({
    name: "rpc p50, 1 in flight",
    unit: "µs",
    ...p50,
    aim: `<= ${P50_RATIO_MAX} x bare loop`,
    holds: p50.ratio <= P50_RATIO_MAX,
  });
  report({ name: "rpc p99, 1 in flight", unit: "µs", ...figure("p99") });
  report({ name: "rpc calls, 1 in flight", unit: "calls/s", ...figure("serialPerSecond") });
  const concurrent = figure("concurrentPerSecond");
  report({
    name: `rpc calls, ${IN_FLIGHT} in flight`,
    unit: "calls/s",
    ...concurrent,
    aim: `>= ${FLOOR_THROUGHPUT_MIN} x bare loop`,
    holds: concurrent.ratio >= FLOOR_THROUGHPUT_MIN,
  });
}

function reportAgainstPeer(
  report: (figure: Figure) => void,
  codex: readonly Round[],
  peer: readonly Round[],
  peerName: string,
): void {
  for (const measure of ["p50", "p99", "serialPerSecond"] as const) {
    const unit = measure === "serialPerSecond" ? "calls/s" : "µs";
    const label = measure === "serialPerSecond" ? "calls" : measure;
    report({
      name: `rpc ${label}, 1 in flight, beside ${peerName}`,
      value: median(codex.map((round) => round[measure])),
      unit,
      peer: median(peer.map((round) => round[measure])),
      ratio: medianRatio(codex, peer, measure),
    });
  }
  const ratio = medianRatio(codex, peer, "concurrentPerSecond");
  report({
    name: `rpc calls, ${IN_FLIGHT} in flight, beside ${peerName}`,
    value: median(codex.map((round) => round.concurrentPerSecond)),
    unit: "calls/s",
    peer: median(peer.map((round) => round.concurrentPerSecond)),
    ratio,
    aim: `>= ${PEER_THROUGHPUT_MIN} x ${peerName}`,
    holds: ratio >= PEER_THROUGHPUT_MIN,
  });
}

async function warmUp(contender: Contender): Promise<void> {
  await serial(contender, SERIAL_CALLS);
  await concurrent(contender, CONCURRENT_CALLS);
}

async function measure(contender: Contender): Promise<Round> {
  const latencies = await serial(contender, SERIAL_CALLS);
  const totalUs = latencies.reduce((sum, latency) => sum + latency, 0);
  latencies.sort((a, b) => a - b);
  return {
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    serialPerSecond: SERIAL_CALLS / totalUs * 1e6,
    concurrentPerSecond: await concurrent(contender, CONCURRENT_CALLS),
  };
}

/** Latencies in microseconds of calls made one after another. */
async function serial(contender: Contender, calls: number): Promise<number[]> {
  const latencies: number[] = [];
  for (let call = 0; call < calls; call++) {
    const start = performance.now();
    await contender.call({ query: "The Hobbit", limit: call });
    latencies.push((performance.now() - start) * 1000);
  }
  return latencies;
}

/** Calls a second with `IN_FLIGHT` callers, each calling again as soon as it has its reply. */
async function concurrent(contender: Contender, calls: number): Promise<number> {
  let left = calls;
  const caller = async () => {
    while (left-- > 0) await contender.call({ query: "The Hobbit", limit: left });
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  return calls / (performance.now() - start) * 1000;
}

function medianRatio(
  ours: readonly Round[],
  theirs: readonly Round[],
  measure: keyof Round,
): number {
  return median(ours.map((round, index) => round[measure] / (theirs[index]?.[measure] ?? NaN)));
}

function median(values: readonly number[]): number {
  return quantile(values.toSorted((a, b) => a - b), 0.5);
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
}
