/**
 * `deno task keys:generate`, `keys:status`, `keys:rotate` and `keys:forget <key id>`: the encryption
 * key of the platform of this data folder, beside it while it runs, and while it can't.
 */
import { exitOnFailure, Failure } from "../failure.ts";
import { loadDevConfig } from "../dev/config.ts";
import { describeKeysLaunch } from "./launch.ts";
import { openOwnDatabase } from "./own_database.ts";

const KEY_BYTES = 32;

if (import.meta.main) await exitOnFailure(() => main(Deno.args, Deno.env.toObject()));

async function main(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  const [command] = args;
  if (command === "generate") {
    console.log(crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toBase64());
    return 0;
  }
  if (command === undefined) throw new Failure("Use: generate, status, rotate, or forget <key id>");
  const config = loadDevConfig(environment);
  await using parts = new AsyncDisposableStack();
  await openOwnDatabase(config, parts);
  const { file, flags, env } = await describeKeysLaunch(environment, config);
  // Its own process: only it gets the keys, and auth's rights on the database.
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, file, ...args],
    clearEnv: true,
    env,
  }).spawn().status;
  return code;
}
