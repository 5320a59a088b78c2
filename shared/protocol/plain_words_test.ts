import assert from "node:assert/strict";
import { z } from "zod";
import { plainWords } from "./plain_words.ts";

/** What is said of a value that the schema refuses. */
function said(schema: z.ZodType, value: unknown): string[] {
  const result = schema.safeParse(value, { error: plainWords });
  return result.success ? [] : result.error.issues.map((issue) => issue.message);
}

Deno.test("what is missing is called missing, whatever it should have been", () => {
  const Shape = z.object({
    text: z.string(),
    list: z.array(z.string()),
    kind: z.enum(["a", "b"]),
    either: z.union([z.string(), z.number()]),
    needed: z.string().optional().nonoptional(),
  });
  assert.deepEqual(said(Shape, {}), Array(5).fill("Is missing"));
});

Deno.test("of a wrong value is said what would be right", () => {
  const cases: readonly [z.ZodType, unknown, string][] = [
    [z.string(), 1, "Must be a string"],
    [z.string(), null, "Must be a string"],
    [z.number(), "1", "Must be a number"],
    [z.int(), 1.5, "Must be a whole number"],
    [z.boolean(), "yes", "Must be true or false"],
    [z.array(z.string()), {}, "Must be a list"],
    [z.record(z.string(), z.string()), [], "Must be an object, not a list"],
    [z.enum(["a", "b", "c"]), "d", 'Must be "a", "b" or "c"'],
    [z.literal(3), 4, "Must be 3"],
    [z.string().min(1), "", "Must not be empty"],
    [z.string().min(8), "a", "Must have at least 8 characters"],
    [z.string().max(2), "abc", "Must have at most 2 characters"],
    [z.array(z.int()).max(1), [1, 2], "Must have at most 1 item"],
    [z.string().length(2), "a", "Must have exactly 2 characters"],
    [z.number().min(1), 0, "Must be at least 1"],
    [z.number().positive(), 0, "Must be more than 0"],
    [z.number().max(200), 201, "Must be at most 200"],
    [z.strictObject({}), { a: 1, b: 2 }, 'Has no field "a" or "b"'],
    [z.uuid(), "x", "Must be a UUID"],
    [z.email(), "x", "Must be an email address"],
  ];
  for (const [schema, value, words] of cases) assert.deepEqual(said(schema, value), [words]);
});

Deno.test("a schema's own message counts more", () => {
  assert.deepEqual(said(z.string().regex(/^a/, "Must begin with a"), "b"), ["Must begin with a"]);
});
