/** Every case. */
import type { HostileCase } from "./hostile_case.ts";
import { doorCases } from "./cases/doors.ts";
import { exitCases } from "./cases/exits.ts";
import { fileCases } from "./cases/files.ts";
import { hangingCases } from "./cases/hanging.ts";
import { lifeCases } from "./cases/life.ts";
import { networkCases } from "./cases/network.ts";
import { permissionCases } from "./cases/permissions.ts";
import { processCases } from "./cases/processes.ts";
import { replyCases } from "./cases/replies.ts";
import { resourceCases } from "./cases/resources.ts";
import { reverseCallCases } from "./cases/reverse_calls.ts";
import { signalCases } from "./cases/signals.ts";
import { storageCases } from "./cases/storage.ts";
import { tlsCases } from "./cases/tls.ts";
import { unlinkedFileCases } from "./cases/unlinked_files.ts";
import { systemCallCases } from "./cases/system_calls.ts";
import { unownedMemoryCases } from "./cases/unowned_memory.ts";
import { valueCases } from "./cases/values.ts";
import { wireCases } from "./cases/wire.ts";

export const HOSTILE_CASES: readonly HostileCase[] = [
  // First, as one of them waits longest.
  ...resourceCases,
  ...unlinkedFileCases,
  ...unownedMemoryCases,
  ...wireCases,
  ...replyCases,
  ...valueCases,
  ...exitCases,
  ...hangingCases,
  ...lifeCases,
  ...reverseCallCases,
  ...storageCases,
  ...processCases,
  ...signalCases,
  ...fileCases,
  ...permissionCases,
  ...doorCases,
  ...networkCases,
  ...tlsCases,
  ...systemCallCases,
];
