import assert from "node:assert/strict";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { describeError } from "./problem_error.ts";

const failed = new DrizzleQueryError(
  "insert into secrets values ($1)",
  ["correct horse battery"],
  Object.assign(new Error("connection lost"), { code: "08006" }),
);

Deno.test("the parameters of a failed query are not logged, nor where it is the cause", () => {
  for (const error of [failed, new Error("It broke off", { cause: failed })]) {
    const described = describeError(error);
    assert.ok(!JSON.stringify(described).includes("correct horse"));
    assert.equal(described["causeText"], "connection lost");
    assert.equal(described["causeCode"], "08006");
  }
});
