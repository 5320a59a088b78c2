/** The parts of this installation that Deno plugins run on. */
export interface DenoRuntime {
  readonly denoPath: string;
  readonly bootstrap: string;
  readonly importMap: string;
  readonly sdkFolder: string;
  /** A cache of Deno's that has the SDK compiled; without it each process does that anew. */
  readonly compiledSdk?: CompiledSdk;
}

export interface CompiledSdk {
  /** A folder to start Deno's caches from, open to everyone. */
  readonly cache: string;
  /** The database in it of what Deno found out about imports: the one file that Deno writes to. */
  readonly analysis: string;
}
