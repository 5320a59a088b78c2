/**
 * `status`, `rotate` and `forget <key id>`: what is encrypted under which key. A program of its own
 * beside the running services, with auth's keys, role and rights.
 */
import { configSource, runMain } from "@codex/service";
import { connectDatabase } from "@codex/service/database";
import * as schema from "../db/schema.ts";
import { refuseWrongKey } from "../start_checks.ts";
import { forgetKey, keyStatus, rotateKeys } from "../workflows/key_rotation.ts";
import { loadKeysConfig } from "./config.ts";
import { describeForgetting, describeRotation, describeStatus, type Outcome } from "./report.ts";

const USAGE = "Use: status, rotate, or forget <key id>";

await runMain("keys", async () => {
  const { databaseUrl, keyring } = loadKeysConfig(configSource(Deno.env));
  const print = (line: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  const { db, close } = connectDatabase(databaseUrl, schema, { connectionsMax: 1 });
  const deps = { db, now: Date.now };

  async function run([command, argument]: readonly string[]): Promise<Outcome> {
    if (command === "status") return describeStatus(await keyStatus(deps, keyring));
    if (command === "forget" && argument !== undefined) {
      return describeForgetting(argument, await forgetKey(deps, keyring, argument));
    }
    if (command !== "rotate") throw new Error(USAGE);
    if (keyring === null) throw new Error("CODEX_ENCRYPTION_KEY is not set");
    await refuseWrongKey(deps, keyring);
    return describeRotation(await rotateKeys(deps, keyring, (done) => print(`${done} …`)));
  }

  const { lines, exitCode } = await run(Deno.args).finally(close);
  for (const line of lines) print(line);
  if (exitCode !== 0) Deno.exit(exitCode);
});
