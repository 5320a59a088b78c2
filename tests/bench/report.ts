/** How benchmarks tell their figures: each beside its plain floor, and a peer where there is one. */

export interface Figure {
  /** Dotted, for instance `rpc.p50.1`. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same work by the plainest means, in the same run and unit. */
  readonly floor?: number;
  /** The best comparable tool, in the same run and unit. */
  readonly peer?: number;
  /** What `aim` speaks of, for instance value over floor. */
  readonly ratio?: number;
  /** In words, for instance `≤ 1.25 × floor`. */
  readonly aim?: string;
  /** Whether the aim is met in this run. */
  readonly holds?: boolean;
}

export type Report = (figure: Figure) => void;

export type Benchmark = (report: Report) => Promise<void>;

/** Prints a figure as one line of a table. */
export function toRow(figure: Figure): string {
  const number = (value: number | undefined) =>
    value === undefined ? "" : value >= 100 ? Math.round(value).toString() : value.toPrecision(3);
  const columns = [
    figure.name.padEnd(36),
    `${number(figure.value)} ${figure.unit}`.padStart(18),
    number(figure.floor).padStart(10),
    number(figure.peer).padStart(10),
    number(figure.ratio).padStart(8),
    "  " + (figure.aim ?? "").padEnd(24),
    figure.holds === undefined ? "" : figure.holds ? "holds" : "MISSED",
  ];
  return columns.join(" ").trimEnd();
}

export const TABLE_HEAD = [
  "figure".padEnd(36),
  "value".padStart(18),
  "floor".padStart(10),
  "peer".padStart(10),
  "ratio".padStart(8),
  "  aim",
].join(" ");

/** The value below which the fraction `q` (0..1) of `samples` lies; sorts `samples`. */
export function quantile(samples: Float64Array, q: number): number {
  samples.sort();
  return samples[Math.min(samples.length - 1, Math.floor(samples.length * q))] ?? Number.NaN;
}
