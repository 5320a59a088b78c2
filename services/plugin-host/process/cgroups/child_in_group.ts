/** A child whose end may be the kernel's doing. */
import type { PluginChild } from "../child.ts";
import type { PluginGroup } from "./cgroups.ts";

/** The same child; where the kernel ended it for what its group took, its exit says so. */
export function childInGroup(child: PluginChild, group: PluginGroup): PluginChild {
  let wasEnded = false;
  return {
    ...child,
    exited: child.exited.then(async (exit) => {
      if (exit.signal !== "SIGKILL" || wasEnded) return exit;
      const reason = await group.failure().catch(() => undefined);
      return reason === undefined ? exit : { ...exit, reason };
    }),
    signal(signal) {
      if (signal === "SIGKILL") wasEnded = true;
      child.signal(signal);
    },
  };
}
