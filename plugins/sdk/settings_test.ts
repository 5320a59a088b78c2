import assert from "node:assert/strict";
import type { JsonValue } from "./json_rpc.ts";
import { SettingsReader } from "./settings.ts";

const UNITS = ["volumes", "chapters"] as const;

function readAll(config: Record<string, JsonValue>) {
  const reader = new SettingsReader(config);
  const settings = {
    text: reader.text("text", "default"),
    flag: reader.flag("flag", true),
    integer: reader.integer("integer", { fallback: 3, min: 1, max: 10 }),
    unit: reader.choice("unit", UNITS, "volumes"),
    perhaps: reader.choice("perhaps", UNITS, null),
    texts: reader.texts("texts"),
    url: reader.url("url", null),
  };
  reader.done();
  return settings;
}

Deno.test("settings that are missing, null or empty have their defaults", () => {
  const defaults = {
    text: "default",
    flag: true,
    integer: 3,
    unit: "volumes",
    perhaps: null,
    texts: [],
    url: null,
  };
  assert.deepEqual(readAll({}), defaults);
  const keys = Object.keys(defaults);
  assert.deepEqual(readAll(Object.fromEntries(keys.map((key) => [key, null]))), defaults);
  assert.deepEqual(readAll(Object.fromEntries(keys.map((key) => [key, ""]))), defaults);
});

Deno.test("settings are read, texts without the blanks around them", () => {
  const config = {
    text: " a ",
    flag: false,
    integer: 10,
    unit: "chapters",
    perhaps: "volumes",
    texts: [" a", "", "b"],
    url: "http://127.0.0.1:8080/graphql//",
  };
  assert.deepEqual(readAll(config), {
    ...config,
    text: "a",
    texts: ["a", "b"],
    url: "http://127.0.0.1:8080/graphql",
  });
});

Deno.test("every wrong setting is named in one configuration error", () => {
  const wrong = {
    text: 1,
    flag: "yes",
    integer: 11,
    unit: "pages",
    texts: "a",
    url: "file:///etc/passwd",
  };
  assert.throws(() => readAll(wrong), {
    code: -32005,
    message: '"text" must be a string; "flag" must be true or false; ' +
      '"integer" must be a whole number from 1 to 10; ' +
      '"unit" must be one of volumes, chapters; "texts" must be a list of strings; ' +
      '"url" must be an http or https URL',
  });
  assert.throws(() => readAll({ integer: 0 }), /"integer" must be a whole number of 1 or more/);
});
