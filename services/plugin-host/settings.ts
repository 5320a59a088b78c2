/** What an administrator may set of plugin-host; whoever starts it checks it, too, before all else. */
import { z } from "zod";
import { AllowedHostList } from "@codex/service/allowed-hosts";
import { Count, Flag } from "@codex/service/config";
import { SandboxMode } from "./process/sandbox_mode.ts";
import { PLUGIN_UIDS_DEFAULT, UidRangeText } from "./process/users/uid_range.ts";

const NameList = z.string().default("").transform((text) =>
  text.split(",").map((name) => name.trim()).filter((name) => name !== "")
);

/** Schemas of the variables' text. */
export const settings = {
  CODEX_PLUGINS_DIR: z.string().optional(),
  CODEX_PLUGIN_ALLOWED_COMMANDS: NameList,
  CODEX_PLUGIN_SANDBOX: SandboxMode.default("auto"),
  CODEX_PLUGIN_UIDS: UidRangeText.prefault(PLUGIN_UIDS_DEFAULT),
  CODEX_PLUGINS_SAFE_MODE: Flag.default(false),
  CODEX_PLUGIN_PROCESSES_MAX: Count(1, 10_000).default(200),
  CODEX_PLUGIN_IDLE_SECONDS: Count(1, 86_400).default(300),
  CODEX_PLUGIN_FAILURE_THRESHOLD: Count(1, 1000).default(3),
  CODEX_PLUGIN_FAILURES_IN_WINDOW: Count(1, 1000).default(10),
  CODEX_PLUGIN_FAILURE_WINDOW_SECONDS: Count(1, 604_800).default(3600),
  CODEX_ALLOWED_PRIVATE_HOSTS: AllowedHostList.prefault(""),
};
