import { deepStrictEqual as equal, match, notStrictEqual } from "node:assert/strict";
import { createPasswordHasher } from "./password.ts";

// Small parameters: these tests are about behaviour, one below is about the defaults.
const hasher = createPasswordHasher({ memoryKib: 64, iterations: 1 });

Deno.test("a password verifies against its own hash alone", async () => {
  const hash = await hasher.hash("correct horse");
  equal(await hasher.verify(hash, "correct horse"), true);
  equal(await hasher.verify(hash, "correct Horse"), false);
  equal(await hasher.verify(hash, ""), false);
});

Deno.test("the same password hashes differently each time", async () => {
  notStrictEqual(await hasher.hash("same"), await hasher.hash("same"));
});

Deno.test("the same text in another Unicode form is the same password", async () => {
  equal(await hasher.verify(await hasher.hash("pass\u00e9"), "passe\u0301"), true);
});

Deno.test("no user and a malformed hash are false, never an error", async () => {
  const malformed = [
    "",
    "x",
    "$argon2id$",
    "$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=0,t=0,p=0$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=64,t=1,p=1$A$A",
    "$2b$10$abcdefghijklmnopqrstuv",
  ];
  equal(await hasher.verify(null, "any"), false);
  for (const hash of malformed) equal(await hasher.verify(hash, "any"), false, hash);
});

Deno.test("an unknown user costs the same work as a wrong password", async () => {
  const slow = createPasswordHasher({ memoryKib: 32_768, iterations: 3 });
  const hash = await slow.hash("right");
  const time = async (stored: string | null) => {
    const start = performance.now();
    await slow.verify(stored, "wrong");
    return performance.now() - start;
  };
  const samples = { known: [] as number[], unknown: [] as number[], malformed: [] as number[] };
  for (let round = 0; round < 7; round++) {
    samples.known.push(await time(hash));
    samples.unknown.push(await time(null));
    samples.malformed.push(await time("not a hash"));
  }
  // No work at all would be under 1%; a busy machine hardly makes the fastest of seven runs ten times
  // slower.
  const known = Math.min(...samples.known);
  for (const other of [Math.min(...samples.unknown), Math.min(...samples.malformed)]) {
    equal(other > known / 10 && other < known * 10, true, `${other} ms against ${known} ms`);
  }
});

Deno.test("the defaults are Argon2id with 19 MiB, 2 iterations, and are what needsRehash wants", async () => {
  const defaults = createPasswordHasher();
  const hash = await defaults.hash("password");
  match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  equal(defaults.needsRehash(hash), false);
  equal(defaults.needsRehash(await hasher.hash("password")), true);
  equal(defaults.needsRehash("not a hash"), true);
});
