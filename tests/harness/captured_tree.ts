/** A copy of the working tree whose plugins keep what they are sent, and what they kept. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PluginList } from "@codex/protocol";
import { runProgram } from "@codex/service/program";
import { pluginHome } from "./data_dir.ts";
import { filesBelow, unlessGone } from "./leftovers.ts";
import { type Platform, PROJECT_ROOT } from "./platform.ts";

export interface CapturedTree extends AsyncDisposable {
  readonly root: string;
}

/** What a running platform needs. */
const PARTS = ["deno.json", "deno.lock", "shared", "services", "plugins", "infra"];
const BOOTSTRAP = "services/plugin-host/process/runtime/bootstrap.mjs";

/** Copies the tree and puts `capturing_bootstrap.mjs` before the bootstrap of every Deno plugin. */
export async function copyCapturedTree(): Promise<CapturedTree> {
  const root = await Deno.makeTempDir({ prefix: "codex-tree-" });
  // The plugins' user has to pass it.
  await Deno.chmod(root, 0o755);
  const from = (part: string) => join(PROJECT_ROOT, part);
  await run("cp", ["-a", ...PARTS.map(from), root]);
  // Links are as good and take no time, where the folders lie on one disk.
  const linked = await succeeds("cp", ["-al", from("node_modules"), root]);
  if (!linked) {
    await run("rm", ["-rf", join(root, "node_modules")]);
    await run("cp", ["-a", from("node_modules"), root]);
  }
  const tap = await Deno.readTextFile(new URL("capturing_bootstrap.mjs", import.meta.url));
  const bootstrap = join(root, BOOTSTRAP);
  await Deno.writeTextFile(bootstrap, `${tap}\n${await Deno.readTextFile(bootstrap)}`);
  return { root, [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }) };
}

/** Everything that one process got on its standard input. */
export interface Capture {
  readonly plugin: string;
  /** Of a user plugin's process. */
  readonly userId: string | undefined;
  readonly text: string;
  readonly messages: readonly { readonly method?: string; readonly params?: unknown }[];
}

export async function readCaptures(platform: Platform): Promise<Capture[]> {
  const { plugins } = await platform.api.expect(PluginList, "GET", "/admin/plugins");
  const root = join(await pluginHome(platform.dataDir), "plugin-data");
  const captures: Capture[] = [];
  for (const { id, name } of plugins) {
    for await (const path of filesBelow(join(root, id))) {
      if (!/\/captured-[^/]+\.ndjson$/.test(path)) continue;
      const text = wholeLines(await unlessGone(Deno.readTextFile(path)) ?? "");
      if (text === "") continue;
      captures.push({
        plugin: name,
        userId: /\/users\/([^/]+)\//.exec(path)?.[1],
        text,
        messages: text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line)),
      });
    }
  }
  return captures;
}

/** Without the end of a line that is just being written. */
function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf("\n") + 1);
}

async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return (await runProgram({ command, args, timeoutMs: 60_000 })).success;
}

async function run(command: string, args: readonly string[]): Promise<void> {
  assert.ok(await succeeds(command, args), `${command} ${args.join(" ")} failed`);
}
