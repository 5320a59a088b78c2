import assert from "node:assert/strict";
import { oddWishes } from "./odd_wishes.ts";

const tell = (wishes: Parameters<typeof oddWishes>[0]) =>
  oddWishes(wishes).map(({ pointer, reason }) => `${pointer}: ${reason}`);

Deno.test("permissions and hosts that nobody can grant are told with what was likely meant", () => {
  assert.deepEqual(
    tell({
      permissions: ["metadata:write:summary", "metadata:write:sumary", "write:everything"],
      network: ["api.example.org", "https://api.example.org/", "http://a.example:8080/v1", "a b"],
    }),
    [
      '/permissions/1: Unknown permission "metadata:write:sumary": is "metadata:write:summary" meant?',
      '/permissions/2: Unknown permission "write:everything"',
      '/network/1: "https://api.example.org/" is no host: write "api.example.org"',
      '/network/2: "http://a.example:8080/v1" is no host: write "a.example:8080"',
      '/network/3: "a b" is no host: Must be "host", "host:port" or "*"',
    ],
  );
  assert.deepEqual(tell({}), []);
  assert.match(tell({ network: ["x ".repeat(1000)] })[0] ?? "", /^.{120,180}$/);
});
