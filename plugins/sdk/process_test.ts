/** A real plugin process under the host's restrictions, on Deno and, bundled, on Node and Bun. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { LineReader } from "./line_reader.ts";

const sdkDir = fileURLToPath(new URL(".", import.meta.url));
const fixture = join(sdkDir, "testdata", "noisy_plugin.ts");

/** A plugin process and what it wrote. */
class PluginProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #replies = new Map<number, (reply: Record<string, unknown>) => void>();
  readonly #read: Promise<void>;
  readonly #stderr: Promise<string>;
  /** Standard output that was no JSON message. */
  readonly garbage: string[] = [];
  #nextId = 1;

  constructor(command: string, args: string[], cwd: string) {
    this.#child = new Deno.Command(command, {
      args,
      cwd,
      clearEnv: true,
      env: { DENO_DIR: join(cwd, "deno-dir") },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#stderr = new Response(this.#child.stderr).text();
    this.#read = this.#readOutput();
  }

  async send(text: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(text));
  }

  call(method: string, params: unknown = {}): Promise<Record<string, unknown>> {
    const id = this.#nextId++;
    const reply = new Promise<Record<string, unknown>>((resolve) => this.#replies.set(id, resolve));
    this.send(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return reply;
  }

  async endInput(): Promise<void> {
    await this.#input.close();
  }

  /** Exit code and log, once it has ended by itself. */
  async ended(): Promise<{ code: number; log: string }> {
    const { code } = await this.#child.status;
    await this.#input.close().catch(() => {});
    await this.#read;
    return { code, log: await this.#stderr };
  }

  async #readOutput(): Promise<void> {
    const reader = new LineReader({
      line: (text) => {
        const message = parse(text);
        const reply = this.#replies.get(Number(message?.id));
        if (message === undefined || reply === undefined) this.garbage.push(text);
        else reply(message);
      },
      fault: (reason) => this.garbage.push(reason),
    });
    for await (const chunk of this.#child.stdout) reader.push(chunk);
    reader.end();
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function inTempDir(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "codex-sdk-" });
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** As the host starts a Deno plugin: not as the main module, with no right but reading its own code. */
async function startConfined(dir: string): Promise<PluginProcess> {
  const bootstrap = join(dir, "bootstrap.mjs");
  const importMap = join(dir, "import_map.json");
  const sdk = pathToFileURL(join(sdkDir, "mod.ts")).href;
  await Deno.writeTextFile(bootstrap, "await import(Deno.args[0]);\n");
  await Deno.writeTextFile(importMap, JSON.stringify({ imports: { "@codex/plugin-sdk": sdk } }));
  const flags = ["--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm"];
  const args = ["run", ...flags, "--cached-only", `--import-map=${importMap}`];
  args.push(`--allow-read=${sdkDir},${bootstrap}`, bootstrap, pathToFileURL(fixture).href);
  return new PluginProcess(Deno.execPath(), args, dir);
}

/** As README.md tells authors who target Node. */
async function startBundled(runtime: string, dir: string): Promise<PluginProcess> {
  const output = join(dir, "plugin.mjs");
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "deno", "-o", output, fixture],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new PluginProcess(runtime, [output], dir);
}

/** The whole life of a process, the same on every runtime. */
async function exercise(plugin: PluginProcess): Promise<void> {
  const [initialized, pong] = await Promise.all([
    plugin.call("initialize", { dataDir: "/data" }),
    plugin.call("ping"),
  ]);
  assert.equal((initialized.result as { name: string }).name, "noisy");
  assert.equal(pong.result, "pong");

  const queries = Array.from({ length: 50 }, (_, index) => `${"ü".repeat(20_000)}${index}`);
  const answers = await Promise.all(
    queries.map((query) => plugin.call("metadata/series/search", { query })),
  );
  assert.deepEqual(
    answers.map(({ result }) => (result as { results: { title: string }[] }).results[0]?.title),
    queries,
  );

  await plugin.send("garbage\n");
  plugin.call("metadata/series/search", { query: "hang" });
  const missing = await plugin.call("metadata/series/get", { externalId: "9" });
  assert.deepEqual(missing.error, { code: -32002, message: 'No series "9"' });

  const [last] = await Promise.all([plugin.call("shutdown"), plugin.ended()]);
  assert.equal(last.result, null);
  const { code, log } = await plugin.ended();
  assert.equal(code, 0);
  for (const printed of ["console.log at start", "searching hang", "info ready", "goodbye"]) {
    assert.ok(log.includes(printed), `${printed} is missing in the log`);
  }
  // Beside the parse error for our own garbage and the abandoned call, only replies.
  assert.deepEqual(plugin.garbage.map((text) => parse(text)?.error), [
    { code: -32700, message: "Message is not JSON" },
  ]);
}

Deno.test("a plugin lives its whole life on Deno, confined as the host confines it", () =>
  inTempDir(async (dir) => await exercise(await startConfined(dir))));

Deno.test("a bundled plugin lives its whole life on Node", () =>
  inTempDir(async (dir) => await exercise(await startBundled("node", dir))));

Deno.test("the end of input ends the process by itself, on Deno and on Node", () =>
  inTempDir(async (dir) => {
    const plugins = [await startConfined(dir), await startBundled("node", dir)];
    for (const plugin of plugins) {
      await plugin.call("initialize");
      plugin.call("metadata/series/search", { query: "hang" });
      await plugin.endInput();
      const { code, log } = await plugin.ended();
      assert.equal(code, 0);
      assert.match(log, /goodbye/);
    }
  }));
