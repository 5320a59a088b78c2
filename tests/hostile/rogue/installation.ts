/** Puts a hostile program into a plugins folder, as a person installs any plugin. */
import { basename, join } from "node:path";
import type { Behaviour } from "./rogue.ts";

/** What runs a program; at which level follows from how the platform was started. */
export type Runtime = "node" | "deno" | "python";

/** A program for Node and Deno by its behaviour, or Python by the source of `call(it)`. */
export type Program = Behaviour | { readonly python: string };

export interface Installation {
  /** Lowercase letters, digits, hyphens. */
  readonly name: string;
  readonly runtime: Runtime;
  readonly kind: "system" | "user";
  readonly program: Program;
  /** Of a Deno plugin: what its main module imports before all else. */
  readonly imports?: string;
  /** Files below this folder that lie beside the program. */
  readonly files?: readonly string[];
}

const HERE = new URL(".", import.meta.url);

/** Writes the plugin's folder below `pluginsDir`; the next reload finds it. */
export async function installRogue(pluginsDir: string, rogue: Installation): Promise<void> {
  const { name, runtime, program, files = [] } = rogue;
  const folder = `${pluginsDir}/${name}`;
  await Deno.mkdir(folder, { recursive: true });
  const write = (file: string, text: string) => Deno.writeTextFile(`${folder}/${file}`, text);
  if ("python" in program) {
    await Deno.copyFile(new URL("rogue.py", HERE), `${folder}/rogue.py`);
    await write("main.py", pythonMain(rogue, program.python));
  } else {
    await Deno.copyFile(new URL("rogue.mjs", HERE), `${folder}/rogue.mjs`);
    await write("main.mjs", javascriptMain(rogue, program));
  }
  for (const file of files) await Deno.copyFile(new URL(file, HERE), join(folder, basename(file)));
  const command = {
    deno: { entry: "main.mjs" },
    node: { command: "node", args: ["main.mjs"] },
    python: { command: "python3", args: ["main.py"] },
  }[runtime];
  await write("codex-plugin.json", JSON.stringify({ name, displayName: name, ...command }));
}

function javascriptMain({ name, kind, imports }: Installation, behaviour: Behaviour): string {
  const parts = Object.entries(behaviour).map(([key, part]) => `  ${key}: ${String(part)},`);
  return [
    imports ?? "",
    'import { run } from "./rogue.mjs";',
    `const behaviour = {\n${parts.join("\n")}\n};`,
    `await run({ ...${JSON.stringify({ name, kind })}, behaviour });`,
  ].join("\n");
}

function pythonMain({ name, kind }: Installation, source: string): string {
  return [
    "import rogue",
    source,
    `rogue.run(${JSON.stringify(name)}, ${JSON.stringify(kind)}, call)`,
  ].join("\n");
}
