import { networkFlags } from "./network_flags.ts";

/** Bounds the JavaScript heap alone; buffers lie outside it. */
const HEAP_MIB_MAX = 256;

export interface DenoConfinement {
  readonly importMap: string;
  /**
   * What the plugin may read. The bootstrap and the SDK needn't be in it: see
   * `runtime/bootstrap.mjs`.
   */
  readonly readable: readonly string[];
  /**
   * What it may write to, which only a sandbox makes safe. Deno judges a path by where it lies: in
   * any folder it may write to, a plugin makes symbolic links by `node:wasi`, and Deno's own file
   * calls follow them everywhere [tried].
   */
  readonly writable: readonly string[];
  /** Granted hosts. */
  readonly network: readonly string[];
  /** Whether their names lead to forwarders on the loopback, and the namespace has no other way. */
  readonly isForwarded: boolean;
}

/**
 * Every flag a Deno plugin is started with (security.md "Isolation", level 2), and nothing else. Without
 * `--no-remote`, `--no-npm` and `--cached-only` a dynamic import reaches the network with no net permission.
 */
export function denoFlags(confinement: DenoConfinement): string[] {
  return [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--no-npm",
    "--cached-only",
    // A cache that no later process finds again would only cost time.
    "--no-code-cache",
    `--import-map=${confinement.importMap}`,
    `--allow-read=${confinement.readable.join(",")}`,
    // Without folders the flag would allow them all.
    ...(confinement.writable.length === 0
      ? []
      : [`--allow-write=${confinement.writable.join(",")}`]),
    ...networkFlags(confinement.network, confinement.isForwarded),
    `--v8-flags=--max-old-space-size=${HEAP_MIB_MAX}`,
  ];
}
