/** How it is told that users can't connect to a plugin. */
import { ProblemError } from "@codex/service";
import type { PluginRefusal } from "../workflows/user_plugin.ts";

export function pluginProblem({ kind, plugin }: PluginRefusal): ProblemError {
  switch (kind) {
    case "not_for_users":
      return new ProblemError(
        "unprocessable",
        `Plugin "${plugin.name}" works for everyone: there is nothing to connect`,
      );
    case "plugin_off":
      return new ProblemError(
        "plugin_off",
        `Plugin "${plugin.name}" is off: ${plugin.stateReason ?? "disabled"}`,
        { retryAfterSeconds: 60 },
      );
  }
}

export function userGone(): ProblemError {
  return new ProblemError("unauthenticated", "Sign in again: the session has ended");
}
