import assert from "node:assert/strict";
import { relative, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname!, "../..");
const FOLDERS = ["infra", "plugins", "services", "shared"];
/** `import … from "./x.ts"`, `export … from`, with or without `type`: a reader follows them alike. */
const RELATIVE_IMPORT = /\bfrom "(\.[^"]+\.tsx?)"/g;

async function* sourcesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = resolve(folder, name);
    if (isDirectory && name !== "node_modules") yield* sourcesIn(path);
    else if (/\.tsx?$/.test(name) && !name.endsWith("_test.ts")) yield path;
  }
}

async function importsOf(path: string): Promise<string[]> {
  const source = await Deno.readTextFile(path);
  return [...source.matchAll(RELATIVE_IMPORT)].map((match) => resolve(path, "..", match[1]!));
}

/** A path of imports from a file back to one that it began with. */
function findCircle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of graph.get(path) ?? []) {
      const circle = visit(next, [...way, path]);
      if (circle !== undefined) return circle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of graph.keys()) {
    const circle = visit(path, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

Deno.test("no file is led back to by its own imports, not even by types alone", async () => {
  const graph = new Map<string, string[]>();
  for (const folder of FOLDERS) {
    for await (const path of sourcesIn(resolve(ROOT, folder))) {
      graph.set(path, await importsOf(path));
    }
  }
  assert.ok(graph.size > 300);
  assert.deepEqual(findCircle(graph)?.map((path) => relative(ROOT, path)), undefined);
});
