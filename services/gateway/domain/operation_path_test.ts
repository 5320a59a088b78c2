import { deepEqual as equal } from "node:assert/strict";
import fc from "fast-check";
import { API_BASE } from "@codex/protocol";
import { parameterNames, pathFiller, rawQueryOf, routePath } from "./operation_path.ts";

const PATH = "/series/{id}/external-ids/{externalIdId}";

Deno.test("a path becomes a route, and its parameters are named", () => {
  equal(routePath(PATH), "/api/v1/series/:id/external-ids/:externalIdId");
  equal(parameterNames(PATH), ["id", "externalIdId"]);
  equal(parameterNames("/series"), []);
});

Deno.test("whatever stands in a parameter, a URL parser finds the operation's own path", () => {
  const fill = pathFiller("/books/{id}/progress");
  fc.assert(fc.property(fc.string(), fc.constantFrom("", "..", "%2e", "/../", "?", "#"), (a, b) => {
    const filled = fill(() => a + b);
    if (filled === undefined) return ["", ".", ".."].includes(a + b);
    const url = new URL(`http://library.test${filled}`);
    const segments = url.pathname.split("/");
    return url.pathname === filled && url.search === "" && url.hash === "" &&
      segments.length === 6 && segments.at(-1) === "progress" && segments[3] === "books";
  }));
});

Deno.test("each parameter goes to its place", () => {
  const values: Record<string, string> = { id: "a", externalIdId: "b c" };
  equal(pathFiller(PATH)((name) => values[name]), `${API_BASE}/series/a/external-ids/b%20c`);
  equal(pathFiller(PATH)((name) => name === "id" ? "a" : undefined), undefined);
  equal(pathFiller("/series")(() => undefined), `${API_BASE}/series`);
});

Deno.test("a query is passed on as it was written, a fragment never", () => {
  equal(rawQueryOf("http://a.test/x?q=a%20b&c=+"), "?q=a%20b&c=+");
  equal(rawQueryOf("http://a.test/x?q=1#?r=2"), "?q=1");
  equal(rawQueryOf("http://a.test/x"), "");
});
