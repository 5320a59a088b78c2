/** Every case. */
import type { HostileCase } from "./hostile_case.ts";
import { fileCases } from "./cases/files.ts";
import { lifeCases } from "./cases/life.ts";
import { networkCases } from "./cases/network.ts";
import { permissionCases } from "./cases/permissions.ts";
import { processCases } from "./cases/processes.ts";
import { replyCases } from "./cases/replies.ts";
import { resourceCases } from "./cases/resources.ts";
import { reverseCallCases } from "./cases/reverse_calls.ts";
import { wireCases } from "./cases/wire.ts";

export const HOSTILE_CASES: readonly HostileCase[] = [
  // First, as one of them waits longest.
  ...resourceCases,
  ...wireCases,
  ...replyCases,
  ...lifeCases,
  ...reverseCallCases,
  ...processCases,
  ...fileCases,
  ...permissionCases,
  ...networkCases,
];
