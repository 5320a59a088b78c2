/** The supervisor as a child process, over a made-up working tree whose services are stubs. */
import { join } from "node:path";
import { lines } from "@codex/service/lines";
import { repository } from "../../repository.ts";
import { serviceNames } from "../services.ts";

const STUB = join(repository, "infra", "dev", "testdata", "stub_service.ts");

/** A working tree of stub services and a data folder, both removed at the end. */
export interface Ground extends AsyncDisposable {
  readonly tree: string;
  readonly dataDir: string;
  /** Tells the stubs to misbehave: see testdata/stub_service.ts. */
  control(file: string, text: string): Promise<void>;
}

export async function layGround(): Promise<Ground> {
  const folder = await Deno.makeTempDir();
  await Deno.chmod(folder, 0o711);
  const tree = join(folder, "tree");
  for (const name of ["control", "shared", "plugins"]) {
    await Deno.mkdir(join(tree, name), { recursive: true });
  }
  for (const service of serviceNames) {
    await Deno.mkdir(join(tree, "services", service), { recursive: true });
    await Deno.copyFile(STUB, join(tree, "services", service, "main.ts"));
  }
  const set = { read: ["./control"], env: true };
  const permissions = Object.fromEntries(serviceNames.map((service) => [service, set]));
  await Deno.writeTextFile(join(tree, "deno.json"), JSON.stringify({ permissions }));
  return {
    tree,
    dataDir: join(folder, "data"),
    control: (file, text) => Deno.writeTextFile(join(tree, "control", file), text),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** One run of the supervisor, killed at the end if it is still there. */
export interface Platform extends AsyncDisposable {
  readonly pid: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly status: Promise<Deno.CommandStatus>;
  /** The first line of either stream, from now or before, that matches. */
  until(pattern: RegExp): Promise<string>;
  /** Forgets the lines so far. */
  forget(): void;
  kill(signal: Deno.Signal): void;
}

/** @param through a program and its arguments that starts the supervisor in our place */
export function startPlatform(
  ground: Pick<Ground, "tree" | "dataDir">,
  environment: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
  through: readonly string[] = [],
): Platform {
  const command = [
    ...[...through, Deno.execPath(), "run", "-q", "-P=dev"],
    `--config=${join(repository, "deno.json")}`,
    join(repository, "infra", "dev", "main.ts"),
    `--tree=${ground.tree}`,
    ...args,
  ];
  const child = new Deno.Command(command[0]!, {
    args: command.slice(1),
    clearEnv: true,
    env: {
      ...pickEnvironment(["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME", "TMPDIR"]),
      CODEX_DATA_DIR: ground.dataDir,
      CODEX_PORT: "0",
      ...environment,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [stdout, stderr]: string[][] = [[], []];
  let arrived = Promise.withResolvers<void>();
  const collect = async (stream: ReadableStream<Uint8Array>, into: string[]) => {
    for await (const line of lines(stream)) {
      into.push(line);
      arrived.resolve();
      arrived = Promise.withResolvers();
    }
  };
  const collected = Promise.all([collect(child.stdout, stdout!), collect(child.stderr, stderr!)]);
  const status = Promise.all([child.status, collected]).then(([status]) => status);
  return {
    pid: child.pid,
    stdout: stdout!,
    stderr: stderr!,
    status,
    kill: (signal) => child.kill(signal),
    [Symbol.asyncDispose]: async () => {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await status;
    },
    forget: () => [stdout, stderr].forEach((lines) => lines!.length = 0),
    until: async (pattern) => {
      while (true) {
        const found = [...stdout!, ...stderr!].find((line) => pattern.test(line));
        if (found !== undefined) return found;
        const outcome = await Promise.race([arrived.promise, status]);
        if (outcome !== undefined) {
          throw new Error(`Ended without ${pattern}:\n${[...stdout!, ...stderr!].join("\n")}`);
        }
      }
    },
  };
}

function pickEnvironment(names: readonly string[]): Record<string, string> {
  const entries = names.map((name) => [name, Deno.env.get(name)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
}
