import { deepEqual as equal } from "node:assert/strict";
import { ConfigSchema, type JsonObject } from "@codex/protocol";
import { findConfigFaults } from "./user_config.ts";

const schema = ConfigSchema.parse({
  fields: [
    { key: "unit", label: "Unit", type: "string" },
    { key: "days", label: "Days", type: "number" },
    { key: "private", label: "Private", type: "boolean" },
    { key: "genres", label: "Genres", type: "string-array" },
    { key: "extra", label: "Extra", type: "object" },
    { key: "odd", label: "Odd", type: "colour" },
  ],
});

const faults = (config: JsonObject, by: ConfigSchema | undefined = schema) =>
  findConfigFaults(by, config).map(({ pointer, detail }) => `${pointer}: ${detail}`);

Deno.test("values of the declared types pass, null and types that nobody knows too", () => {
  equal(
    faults({ unit: "", days: 1.5, private: false, genres: ["a"], extra: {}, odd: [1, "x"] }),
    [],
  );
  equal(faults({ unit: null, genres: [] }), []);
  equal(faults({}), []);
});

Deno.test("every wrong value and every unknown name is told", () => {
  const wrong = { unit: 1, days: "1", private: "yes", genres: ["a", 1], extra: [], other: 1 };
  equal(faults(wrong), [
    "/config/unit: Must be text",
    "/config/days: Must be a number",
    "/config/private: Must be true or false",
    "/config/genres: Must be a list of texts",
    "/config/extra: Must be an object",
    "/config/other: Is not a setting of this plugin",
  ]);
  equal(faults({ toString: "x", "a/b~c": 1 }), [
    "/config/toString: Is not a setting of this plugin",
    "/config/a~1b~0c: Is not a setting of this plugin",
  ]);
});

Deno.test("what is required must be there, unless it has a default", () => {
  const strict = ConfigSchema.parse({
    fields: [
      { key: "name", label: "Name", type: "string", required: true },
      { key: "size", label: "Size", type: "number", required: true, default: 5 },
    ],
  });
  equal(faults({}, strict), ["/config/name: Is required"]);
  equal(faults({ name: null }, strict), ["/config/name: Is required"]);
  equal(faults({ name: "x" }, strict), []);
});

Deno.test("a plugin without a schema takes anything", () => {
  equal(findConfigFaults(undefined, { anything: [1, { deep: true }] }), []);
});

Deno.test("the server's own part has known names alone, with or without a schema", () => {
  const good = {
    includeCompleted: true,
    includeInProgress: false,
    countPartialProgress: true,
    syncRatings: false,
    searchFallback: true,
    sendCustomMetadata: false,
    direction: "pull",
  };
  equal(faults({ _codex: good }), []);
  equal(findConfigFaults(undefined, { _codex: {} }), []);
  const pointers = (config: JsonObject) =>
    findConfigFaults(undefined, config).map((it) => it.pointer).sort();
  equal(pointers({ _codex: { autoSync: true, nope: 1, syncRatings: "yes", direction: "up" } }), [
    "/config/_codex/autoSync",
    "/config/_codex/direction",
    "/config/_codex/nope",
    "/config/_codex/syncRatings",
  ]);
  for (const reserved of ["x", [], 1, true, null]) {
    equal(pointers({ _codex: reserved }), ["/config/_codex"]);
  }
});
