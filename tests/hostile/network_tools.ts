/**
 * Which trials this machine's programs allow: grants of hosts at level 3 need some that may be
 * missing.
 */
import { requireDevice, requireTool } from "../../infra/test/tools.ts";
import type { TrialPlan } from "./trial.ts";

const hasHosts = ["socat", "ip"].every((tool) => requireTool(tool) === "present");
const hasEveryHost = hasHosts && requireTool("pasta") === "present" &&
  await requireDevice("/dev/net/tun") === "present";

const hasTls = requireTool("openssl") === "present";

/**
 * Whether the trial's plugin can be granted its hosts here, and these can be served; elsewhere it
 * would be blocked.
 */
export function isGrantable({ level, hostileCase }: TrialPlan): boolean {
  if (hostileCase.needsTls && !hasTls) return false;
  if (level !== 3 || hostileCase.network === undefined) return true;
  return hostileCase.needsEveryHost ? hasEveryHost : hasHosts;
}
