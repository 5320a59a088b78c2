/**
 * `deno task bench [name …] [--json]`: prints each figure beside its floor, measured in the same run.
 *
 * Figures are for comparing within a run; machines differ.
 */
import { parseArgs } from "node:util";
import { type Benchmark, type Figure, TABLE_HEAD, toRow } from "./report.ts";

/** Loaded on demand: one benchmark's parts must not weigh on another's memory. */
const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  rpc: async () => (await import("./rpc.ts")).rpcBench,
  execute: async () => (await import("./execute.ts")).executeBench,
  storage: async () => (await import("./storage.ts")).storageBench,
  auth: async () => (await import("./auth.ts")).authBench,
  import: async () => (await import("./import.ts")).importBench,
  entries: async () => (await import("./entries.ts")).entriesBench,
  sync: async () => (await import("./sync.ts")).syncBench,
  plugin_start: async () => (await import("./plugin_start.ts")).pluginStartBench,
  start: async () => (await import("./start.ts")).startBench,
};

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const unknown = positionals.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  console.error(
    `No benchmark "${unknown.join('", "')}": there are ${Object.keys(BENCHMARKS).join(", ")}`,
  );
  Deno.exit(2);
}

if (!values.json) console.log(TABLE_HEAD);
const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS);
for (const name of names) {
  const load = BENCHMARKS[name];
  if (load === undefined) continue;
  const run = await load();
  await run((figure: Figure) => console.log(values.json ? JSON.stringify(figure) : toRow(figure)));
}
Deno.exit(0);
