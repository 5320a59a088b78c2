/**
 * `deno task test [files or flags of deno test]`: every test against one PostgreSQL server of our
 * own. The last line is `N passed, N failed`.
 */
import { join } from "node:path";
import { exitOnFailure } from "../failure.ts";
import { repository } from "../repository.ts";
import { ADMIN_URL_VARIABLE } from "./database.ts";
import { startTestServer } from "./server.ts";
import { countTests, describeCount } from "./summary.ts";

const REMOVALS_MAX = 50;
const REMOVAL_PAUSE_MS = 200;

if (import.meta.main) await exitOnFailure(() => main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  // Tests and their helpers leave files in the temporary folder: it goes with all of them.
  const folder = await Deno.makeTempDir({ prefix: "codex-tests-" });
  await Deno.chmod(folder, 0o711);
  try {
    Deno.env.set("TMPDIR", folder);
    await using server = await startTestServer();
    const urlFile = join(folder, "admin-url");
    await Deno.writeTextFile(urlFile, server.adminUrl, { mode: 0o600 });
    return await runTests(args, folder, urlFile);
  } finally {
    await removeFolder(folder);
  }
}

/** What is left of a test's programs may still write there for a moment. */
async function removeFolder(folder: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await Deno.remove(folder, { recursive: true });
    } catch (error) {
      if (await Deno.lstat(folder).then(() => false, () => true)) return;
      if (attempt === REMOVALS_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, REMOVAL_PAUSE_MS));
    }
  }
}

async function runTests(
  args: readonly string[],
  folder: string,
  urlFile: string,
): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    // `deno task ok` checks types.
    args: ["test", "-q", "-P=test", "--no-check", ...args],
    cwd: repository,
    env: { ...inherited(), TMPDIR: folder, [ADMIN_URL_VARIABLE]: urlFile },
    clearEnv: true,
    stdout: "piped",
  }).spawn();
  const signals = ["SIGINT", "SIGTERM"] as const;
  const end = () => child.kill("SIGTERM");
  for (const signal of signals) Deno.addSignalListener(signal, end);
  const [output, status] = await Promise.all([relay(child.stdout), child.status]);
  for (const signal of signals) Deno.removeSignalListener(signal, end);

  const count = countTests(output) ?? { passed: 0, failed: 1, skipped: 0 };
  console.log(describeCount(count));
  return status.code;
}

/** Our environment without the settings of a platform that may run on the same machine. */
function inherited(): Record<string, string> {
  const entries = Object.entries(Deno.env.toObject());
  return Object.fromEntries(
    entries.filter(([name]) => !name.startsWith("CODEX_") && !name.startsWith("DATABASE_URL")),
  );
}

/** Shows the stream as it comes and returns its end. */
async function relay(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let end = "";
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length;) at += await Deno.stdout.write(chunk.subarray(at));
    end = (end + decoder.decode(chunk, { stream: true })).slice(-4096);
  }
  return end;
}
