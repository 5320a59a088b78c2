/** The parts of this installation that Deno plugins run on. */
export interface DenoRuntime {
  readonly denoPath: string;
  readonly bootstrap: string;
  readonly importMap: string;
  readonly sdkFolder: string;
  /** A cache of Deno's that has the SDK compiled; without it each process does that anew. */
  readonly compiledSdk?: string;
}
