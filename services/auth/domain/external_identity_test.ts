import { deepEqual as equal } from "node:assert/strict";
import fc from "fast-check";
import { readIdentity } from "./external_identity.ts";

Deno.test("the plugin protocol's names and those of OpenID Connect are understood", () => {
  const ada = { externalId: "1", username: "ada", avatarUrl: "https://x.example/a.png" };
  equal(readIdentity({ ...ada, profileUrl: "https://x.example/ada" }), ada);
  const claims = { sub: "1", preferred_username: "ada", picture: "https://x.example/a.png" };
  equal(readIdentity({ ...claims, email: "ada@example.org", name: "Ada L." }), ada);
  equal(readIdentity({ id: 1, login: "ada", avatar_url: "https://x.example/a.png" }), ada);
});

Deno.test("what is of another shape counts as missing, and the rest is kept", () => {
  const rest = { externalId: null, username: "ada", avatarUrl: null };
  equal(readIdentity({ username: "ada", externalId: {}, avatarUrl: "javascript:alert(1)" }), rest);
  equal(readIdentity({ username: " a\u0000\u202ed\na ", avatarUrl: 1 })?.username, "a d a");
  equal(readIdentity({ username: "x".repeat(1000) })?.username?.length, 200);
  for (const nothing of [{}, null, [], "ada", { username: "" }, { username: "\n" }]) {
    equal(readIdentity(nothing), null);
  }
});

Deno.test("anything is read without an exception", () => {
  fc.assert(fc.property(fc.anything(), (claims) => void readIdentity(claims)));
});
