import { join } from "node:path";
import type { ServiceName } from "@codex/protocol";
import type { DatabaseRole } from "../migrate/services.ts";
import { findTool } from "../tools.ts";
import { type Deployment, serviceEnvironment, serviceUrl } from "./service_environment.ts";
import { permissionFlags, type PermissionSets } from "./service_permissions.ts";
import type { Launch } from "./service_run.ts";

/**
 * In MiB. Services keep little: a young generation of V8's default size would only stay resident. The
 * heap's limit decides how much garbage V8 lets lie before it collects: without one, sync grows by 90 MB
 * during a large first sync, with this one by 40 MB.
 */
const V8_FLAGS = "--max-semi-space-size=1,--max-old-space-size=1024";

/**
 * By now the supervisor's own start has installed every package. A service that just looks into `node_modules` holds
 * 7 MB less than one that resolves the whole lock file again.
 */
const PACKAGES = "--node-modules-dir=manual";

/** Compiled code that is kept from run to run is all loaded at once: 3 MB more, for 0.2 s at the start. */
const NO_CODE_CACHE = "--no-code-cache";

/** How a service is started: its command line, its environment, and where it answers. */
export function describeLaunch(
  service: ServiceName,
  deployment: Deployment,
  sets: PermissionSets,
  databaseUrls: Readonly<Record<DatabaseRole, string>>,
): Launch {
  const { tree } = deployment;
  const command = [
    Deno.execPath(),
    ...["run", "-q", "--no-prompt", "--cached-only", PACKAGES, NO_CODE_CACHE],
    `--v8-flags=${V8_FLAGS}`,
    `--config=${join(tree, "deno.json")}`,
    `-P=${service}`,
    ...permissionFlags(service, deployment, sets, databaseUrls),
    join(tree, "services", service, "main.ts"),
  ];
  // A service must not outlive a supervisor that was killed.
  const setpriv = findTool("setpriv");
  if (setpriv) command.unshift(setpriv, "--pdeathsig", "KILL", "--");
  return {
    command: command[0]!,
    args: command.slice(1),
    env: serviceEnvironment(service, deployment),
    url: serviceUrl(service, deployment),
  };
}
