import { join, resolve } from "node:path";
import type { DevConfig } from "../dev/config.ts";
import { databaseUrlName, ENCRYPTION_KEY } from "../dev/secret_files.ts";
import { authority } from "../dev/service_environment.ts";
import { Failure } from "../failure.ts";
import { urlVariable } from "../migrate/services.ts";
import { repository } from "../repository.ts";

export interface KeysLaunch {
  /** The program, which is auth's. */
  readonly file: string;
  /** Flags of `deno run`: what it may do. */
  readonly flags: readonly string[];
  /** All it finds there: paths of secrets, never a secret. */
  readonly env: Readonly<Record<string, string>>;
}

/** The files that auth itself was started with: those the environment names, else the data folder's. */
export async function describeKeysLaunch(
  environment: Readonly<Record<string, string>>,
  config: DevConfig,
): Promise<KeysLaunch> {
  const inStore = (name: string) => join(config.dataDir, "secrets", name);
  const urlName = `${urlVariable("codex_auth")}_FILE`;
  const named = environment[urlName];
  const urlFile = named ? resolve(named) : inStore(databaseUrlName("auth", "codex_auth"));
  const keyFile = config.encryptionKeyFile ?? inStore(ENCRYPTION_KEY);
  const previousFile = config.encryptionPreviousKeysFile;
  const files = [urlFile, keyFile, ...(previousFile === undefined ? [] : [previousFile])];
  const { hostname, port } = new URL(await readUrl(urlFile, urlName));
  return {
    file: join(repository, "services/auth/keys/main.ts"),
    flags: [
      ...["-q", "--no-prompt", "--cached-only", `--config=${join(repository, "deno.json")}`],
      "-P=auth:keys",
      `--allow-net=${authority(hostname, port || 5432)}`,
      `--allow-read=${files.join(",")}`,
    ],
    env: {
      ...kept(environment, "PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME"),
      NO_COLOR: "1",
      [urlName]: urlFile,
      CODEX_ENCRYPTION_KEY_FILE: keyFile,
      ...(previousFile !== undefined && { CODEX_ENCRYPTION_PREVIOUS_KEYS_FILE: previousFile }),
    },
  };
}

async function readUrl(path: string, variable: string): Promise<string> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch {
    throw new Failure(
      `Can't read "${path}": start the platform once, or name the database in ${variable}`,
    );
  }
}

function kept(
  environment: Readonly<Record<string, string>>,
  ...names: readonly string[]
): Record<string, string> {
  const entries = names.map((name) => [name, environment[name]] as const);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
