/** For tests of one migration: what was there before it. */
import { join } from "node:path";
import { databaseFolder, type DatabaseServiceName } from "../migrate/services.ts";

/** A tree, to be removed, whose journal of a service ends before the migration `tag`. */
export async function treeBefore(service: DatabaseServiceName, tag: string): Promise<string> {
  const tree = await Deno.makeTempDir();
  const [source, target] = [databaseFolder(service), databaseFolder(service, tree)];
  await Deno.mkdir(join(target, "migrations", "meta"), { recursive: true });
  for await (const { name, isFile } of Deno.readDir(join(source, "migrations"))) {
    if (isFile) {
      await Deno.copyFile(join(source, "migrations", name), join(target, "migrations", name));
    }
  }
  const journal = join("migrations", "meta", "_journal.json");
  const { entries, ...rest } = JSON.parse(await Deno.readTextFile(join(source, journal)));
  const index = entries.findIndex((entry: { tag: string }) => entry.tag === tag);
  if (index < 0) throw new Error(`There is no migration "${tag}"`);
  await Deno.writeTextFile(
    join(target, journal),
    JSON.stringify({ ...rest, entries: entries.slice(0, index) }),
  );
  return tree;
}
