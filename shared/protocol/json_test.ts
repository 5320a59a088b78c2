import { deepEqual as equal } from "node:assert/strict";
import { z } from "zod";
import { recordOf } from "./json.ts";

Deno.test("an object with too many fields is refused as a whole, before any of them is read", () => {
  let read = 0;
  const value = z.unknown().transform(() => ++read);
  const Few = z.object({ of: recordOf(z.string(), value, 3) });
  equal(Few.parse({ of: { a: 0, b: 0, c: 0 } }), { of: { a: 1, b: 2, c: 3 } });
  const { issues } = Few.safeParse({ of: { a: 0, b: 0, c: 0, d: 0 } }).error!;
  equal(issues.map(({ path, message }) => [path, message]), [
    [["of"], "Must have at most 3 fields"],
  ]);
  equal(read, 3);
  equal(Few.safeParse({ of: "text" }).success, false);
});
