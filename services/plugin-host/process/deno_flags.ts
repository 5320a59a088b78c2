import { networkFlags } from "./network_flags.ts";

/** Bounds the JavaScript heap alone; buffers lie outside it. */
const HEAP_MIB_MAX = 256;

export interface DenoConfinement {
  readonly importMap: string;
  readonly readable: readonly string[];
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
    `--allow-write=${confinement.writable.join(",")}`,
    ...networkFlags(confinement.network, confinement.isForwarded),
    `--v8-flags=--max-old-space-size=${HEAP_MIB_MAX}`,
  ];
}
