/** Which services a change of the code concerns. */
import { join, relative } from "node:path";
import type { ServiceName } from "@codex/protocol";
import { serviceNames, services } from "./services.ts";

const FOLDERS = ["services", "shared", "plugins"];
const CODE = /\.(ts|tsx|js|mjs|json|css|html|sql)$/;
const NOT_RUN = /(^|\/)(testdata|testing|node_modules|\.[^/]*)(\/|$)|_test\.tsx?$|_bench\.tsx?$/;
/** An editor or a branch switch writes many files: they make one change. */
const QUIET_MS = 150;

export interface Change {
  readonly services: ReadonlySet<ServiceName>;
  /** Migrations or grants changed too. */
  readonly concernsDatabase: boolean;
}

/**
 * What a changed file means. A client is compiled into those that call its service; anything else
 * of a service stays inside it.
 *
 * @param path relative to the working tree
 */
export function concerned(path: string): Change {
  const none: Change = { services: new Set(), concernsDatabase: false };
  if (!CODE.test(path) || NOT_RUN.test(path)) return none;
  const [top, name, ...rest] = path.split("/");
  if (top === "shared") return { ...none, services: new Set(serviceNames) };
  if (top === "plugins") return { ...none, services: new Set<ServiceName>(["plugin-host"]) };
  const own = serviceNames.find((service) => service === name);
  if (top !== "services" || own === undefined) return none;
  if (rest[0] === "client.ts") {
    const callers = serviceNames.filter((service) => services[service].peers.includes(own));
    return { ...none, services: new Set([own, ...callers]) };
  }
  const concernsDatabase = rest[0] === "db" && (rest[1] === "migrations" || path.endsWith(".sql"));
  return { services: new Set([own]), concernsDatabase };
}

/** Calls `onChange` for each burst of changes below `tree` until disposed of. */
export function watchTree(tree: string, onChange: (change: Change) => void): Disposable {
  const watcher = Deno.watchFs(FOLDERS.map((folder) => join(tree, folder)));
  let pending: Change = { services: new Set(), concernsDatabase: false };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    const change = pending;
    pending = { services: new Set(), concernsDatabase: false };
    onChange(change);
  };
  (async () => {
    for await (const event of watcher) {
      if (event.kind === "access") continue;
      const changes = event.paths.map((path) => concerned(relative(tree, path)));
      pending = [pending, ...changes].reduce(union);
      if (pending.services.size === 0) continue;
      clearTimeout(timer);
      timer = setTimeout(flush, QUIET_MS);
    }
  })();
  return {
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      watcher.close();
    },
  };
}

function union(one: Change, other: Change): Change {
  return {
    services: one.services.union(other.services),
    concernsDatabase: one.concernsDatabase || other.concernsDatabase,
  };
}
