/** Which network grants this machine can give to sandboxed plugins, found out once at start. */
import type { AllowedHosts } from "@codex/service/allowed-hosts";
import type { Routes } from "../../network/egress_broker.ts";
import type { EveryHost } from "./every_host.ts";
import type { ForwarderTools } from "./forwarders.ts";

/** What this machine can give, or why it can't and what to install. */
export type Support<Given> =
  | { readonly available: true } & Given
  | { readonly available: false; readonly reason: string };

export function lacking(reason: string) {
  return { available: false, reason } as const;
}

export interface HostNetwork extends ForwarderTools {
  readonly routes: Routes;
  /** Names that may lead into the own network. */
  readonly allowedHosts: AllowedHosts;
  /** nsswitch.conf for names that are in `/etc/hosts` alone. */
  readonly hostsOnly: string;
  /** nsswitch.conf for every name. */
  readonly everyName: string;
  /** `/etc/hosts` without any granted name. */
  readonly localhostOnly: string;
}

export interface NetworkSupport {
  readonly hosts: Support<HostNetwork>;
  readonly everyHost: Support<EveryHost>;
}
