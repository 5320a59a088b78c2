import assert from "node:assert/strict";
import { z } from "zod";
import { likelyName, Manifest, PluginFile, unknownFields } from "./mod.ts";

const tell = (schema: z.ZodType, raw: unknown) =>
  unknownFields(schema, raw).map(({ pointer, reason }) => `${pointer}: ${reason}`);

Deno.test("unknown fields are named with what was likely meant, however deep they are", () => {
  assert.deepEqual(
    tell(PluginFile, { name: "a", entry: "main.ts", netwrok: [], Permissions: [] }),
    [
      '/netwrok: Unknown field: is "network" meant?',
      '/Permissions: Unknown field: is "permissions" meant?',
    ],
  );
  const manifest = {
    name: "a",
    capabilities: { metadataProviders: ["series"], colour: 1 },
    requiredCredentials: [{ key: "k", lable: "L" }],
    configSchema: { fields: [{ key: "k", label: "L", requried: true }] },
    oauth: null,
    _meta: {},
  };
  assert.deepEqual(tell(Manifest, manifest), [
    '/capabilities/metadataProviders: Unknown field: is "metadataProvider" meant?',
    "/capabilities/colour: Unknown field",
    '/requiredCredentials/0/lable: Unknown field: is "label" meant?',
    '/configSchema/fields/0/requried: Unknown field: is "required" meant?',
    "/_meta: Unknown field",
  ]);
});

Deno.test("what is no object, or takes any field, has no unknown ones", () => {
  const schema = z.object({ a: z.object({}).optional(), b: z.looseObject({}), c: z.unknown() });
  assert.deepEqual(tell(schema, { a: "x", b: { any: 1 }, c: { any: 1 } }), []);
  for (const raw of [null, 1, "x", [], undefined]) assert.deepEqual(tell(schema, raw), []);
  assert.equal(tell(schema, JSON.parse('{"__proto__": 1, "toString": 2}')).length, 2);
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`x${at}`, at]));
  assert.equal(tell(schema, many).length, 100);
});

Deno.test("a name is likely where few letters are otherwise", () => {
  const known = ["network", "name", "args", "env"];
  for (
    const [name, meant] of [
      ...[["netwrok", "network"], ["NETWORK", "network"], ["networks", "network"]],
      ...[["nam", "name"], ["arg", "args"], ["en", "env"], ["nmae", "name"]],
    ]
  ) assert.equal(likelyName(name ?? "", known), `: is "${meant}" meant?`, name);
  for (const name of ["hosts", "n", "xyz", "environment", "", "network".repeat(10_000)]) {
    assert.equal(likelyName(name, known), "", name);
  }
});
