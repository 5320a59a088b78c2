import assert from "node:assert/strict";
import { z } from "zod";
import { ConfigError, type ConfigSource, Flag, HttpUrl, Port, readConfig } from "./config.ts";

function source(env: Record<string, string>, files: Record<string, string> = {}): ConfigSource {
  return {
    get: (name) => env[name],
    readTextFile(path) {
      const text = files[path];
      if (text === undefined) throw new Deno.errors.NotFound(path);
      return text;
    },
  };
}

Deno.test("a value comes from its variable or from the file that NAME_FILE names", () => {
  const config = readConfig(source({ A: "1", B_FILE: "/b" }, { "/b": "two\n" }), {
    A: z.string(),
    B: z.string(),
    C: z.string().default("three"),
  });
  assert.deepEqual(config, { A: "1", B: "two", C: "three" });
  assert.ok(Object.isFrozen(config));
});

Deno.test("every bad variable is named at once, and no value is quoted", () => {
  const read = () =>
    readConfig(
      source({ PORT: "http", FLAG: "yes", URL: "ftp://x", BOTH: "s3cret", BOTH_FILE: "/x" }),
      { PORT: Port, FLAG: Flag, URL: HttpUrl, BOTH: z.string(), NEEDED: z.string() },
    );
  assert.throws(read, (error) => {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.problems.length, 5);
    for (const name of ["PORT", "FLAG", "URL", "BOTH", "NEEDED"]) {
      assert.ok(error.message.includes(name), name);
    }
    assert.ok(!error.message.includes("s3cret"));
    return true;
  });
});

Deno.test("an unreadable file names the variable and the path", () => {
  assert.throws(
    () => readConfig(source({ KEY_FILE: "/no/such" }), { KEY: z.string() }),
    /KEY_FILE: Can't read "\/no\/such"/,
  );
});

Deno.test("an empty variable counts as not set", () => {
  const config = readConfig(source({ A: "" }), { A: z.string().default("d") });
  assert.equal(config.A, "d");
});
