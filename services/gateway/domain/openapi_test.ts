import { deepEqual as equal, ok } from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { OPERATIONS } from "@codex/protocol/operations";
import { openApiDocument } from "./openapi.ts";

const document = openApiDocument("1.2.3");
const text = JSON.stringify(document);

Deno.test("the description is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const result = await validator.validate(JSON.parse(text));
  equal(result, { valid: true });
  equal(validator.version, "3.1");
  equal(document.info.version, "1.2.3");
});

Deno.test("it lists every operation, with answer, body and who may call it", () => {
  const listed = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.keys(item ?? {}).map((method) => `${method} ${path}`)
  );
  equal(listed.sort(), OPERATIONS.map(({ method, path }) => `${method} ${path}`).sort());
  for (const operation of OPERATIONS) {
    const described = document.paths?.[operation.path]?.[operation.method];
    equal(described?.operationId, operation.id);
    ok(described?.responses?.[String(operation.status)], operation.id);
    ok(described?.responses?.default, operation.id);
    equal(described?.requestBody !== undefined, (operation.body ?? operation.stream) !== undefined);
    equal(described?.security?.length, operation.access === "public" ? 0 : 2, operation.id);
    const inPath = (described?.parameters ?? []).filter((one) => "in" in one && one.in === "path");
    equal(inPath.length, operation.path.split("{").length - 1, operation.id);
  }
});

Deno.test("every reference leads somewhere, and every schema is led to", () => {
  const schemas = Object.keys(document.components?.schemas ?? {});
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)]
    .map((match) => match[1]);
  equal([...new Set(references)].sort(), schemas.sort());
  equal(schemas.filter((name) => name.startsWith("__")), []);
});

Deno.test("answers may gain fields; a strict body may not", () => {
  const schemas = document.components?.schemas ?? {};
  equal(JSON.stringify(schemas.Library).includes("additionalProperties"), false);
  equal(JSON.stringify(schemas.SeriesPatch).includes('"additionalProperties":false'), true);
});
