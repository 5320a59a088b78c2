/**
 * Looks for texts in everything that a platform keeps: each row of each table, each file, and
 * names of folders.
 */
import { join } from "node:path";
import { connectAsAdmin } from "./admin_database.ts";
import { pluginHome } from "./data_dir.ts";
import type { Platform } from "./platform.ts";

/** Where a text was found, in words. */
export interface Finding {
  readonly where: string;
  readonly text: string;
}

/** The program of the embedded server, the same for everybody. */
const NOT_READ = /^postgres\/program-/;
/** The database's own files: they keep what was deleted until the space is used again. */
export const DATABASE_FILES = /^postgres\//;

/**
 * @param texts in clear; base64 and hexadecimal forms are looked for, too
 * @param ignoreFile files, by path below the data folder, that may hold them
 */
export async function findEverywhere(
  platform: Platform,
  texts: Iterable<string>,
  ignoreFile: RegExp = /^$/,
): Promise<Finding[]> {
  const needles = [...texts].flatMap((text) => formsOf(text).map((form) => [text, form] as const));
  const findings: Finding[] = [];
  const look = (where: string, content: string) => {
    for (const [text, form] of needles) if (content.includes(form)) findings.push({ where, text });
  };
  for await (const { table, row } of rowsOf(platform)) look(`table ${table}`, row);
  for await (const { name, path } of filesOf(platform)) {
    if (NOT_READ.test(name) || ignoreFile.test(name)) continue;
    const bytes = await unlessGone(Deno.readFile(path));
    if (bytes === undefined) continue;
    look(`file ${name}`, name);
    look(`file ${name}`, new TextDecoder("latin1").decode(bytes));
  }
  for await (const name of foldersOf(platform)) {
    if (!ignoreFile.test(`${name}/`)) look(`folder ${name}`, name);
  }
  look("the platform's output", platform.output());
  return findings;
}

function formsOf(text: string): string[] {
  const bytes = new TextEncoder().encode(text);
  return [text, bytes.toHex(), bytes.toBase64({ omitPadding: true })];
}

/** Each row as `COPY … TO STDOUT` writes it. */
async function* rowsOf(platform: Platform): AsyncGenerator<{ table: string; row: string }> {
  const sql = await connectAsAdmin(platform);
  try {
    const tables = await sql<{ name: string }[]>`
      select format('%I.%I', nspname, relname) as name
      from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where relkind = 'r' and nspname not in ('pg_catalog', 'information_schema')`;
    for (const { name } of tables) {
      const stream = await sql.unsafe(`copy ${name} to stdout`).readable();
      let text = "";
      for await (const chunk of stream) text += new TextDecoder().decode(chunk);
      for (const row of text.split("\n")) if (row !== "") yield { table: name, row };
    }
  } finally {
    await sql.end();
  }
}

/** Every file that a platform keeps, named by its path below the folder it is in. */
export async function* filesOf(
  { dataDir }: Platform,
): AsyncGenerator<{ readonly name: string; readonly path: string }> {
  for (const folder of new Set([dataDir, await pluginHome(dataDir)])) {
    for await (const path of filesBelow(folder)) {
      yield { name: path.slice(folder.length + 1), path };
    }
  }
}

/** Every folder of a platform, empty ones too, named as {@linkcode filesOf} names files. */
async function* foldersOf({ dataDir }: Platform): AsyncGenerator<string> {
  for (const folder of new Set([dataDir, await pluginHome(dataDir)])) {
    for await (const path of foldersBelow(folder)) yield path.slice(folder.length + 1);
  }
}

async function* foldersBelow(folder: string): AsyncGenerator<string> {
  for (const entry of await unlessGone(Array.fromAsync(Deno.readDir(folder))) ?? []) {
    if (!entry.isDirectory) continue;
    const path = join(folder, entry.name);
    yield path;
    yield* foldersBelow(path);
  }
}

/** Paths of the files below a folder, at any depth; none where it doesn't exist. */
export async function* filesBelow(folder: string): AsyncGenerator<string> {
  for (const entry of await unlessGone(Array.fromAsync(Deno.readDir(folder))) ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* filesBelow(path);
    else if (entry.isFile) yield path;
  }
}

/** What `reading` gives, or nothing if the file was deleted meanwhile: the platform goes on while we look. */
export async function unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
