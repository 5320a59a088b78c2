import { equal } from "node:assert/strict";
import { usernameKey } from "./username.ts";

Deno.test("names that differ in case, Unicode form or outer spaces are the same", () => {
  equal(usernameKey(" Zo\u00eb "), usernameKey("ZOE\u0308"));
  equal(usernameKey("\uff21da"), usernameKey("ada"));
});

Deno.test("other names stay different", () => {
  equal(usernameKey("ada") === usernameKey("ada."), false);
});
