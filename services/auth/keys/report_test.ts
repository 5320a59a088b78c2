import { deepEqual as equal } from "node:assert/strict";
import { describeForgetting, describeRotation, describeStatus } from "./report.ts";

const key = (role: "current" | "previous" | "missing", values: number) => ({
  keyId: role,
  role,
  values,
  firstUsedAt: null,
});

Deno.test("the status says what to do with each key", () => {
  equal(describeStatus([key("current", 3), key("previous", 2)]), {
    lines: [
      "Key current (current): 3 values",
      'Key previous (previous): 2 values, run "deno task keys:rotate"',
      "3 of 5 values are under the current key",
    ],
    exitCode: 0,
  });
  const done = describeStatus([key("current", 5), key("previous", 0), key("missing", 0)]);
  equal(done.lines, [
    "Key current (current): 5 values",
    "Key previous (previous): 0 values, it may be removed",
    "5 of 5 values are under the current key",
  ]);
});

Deno.test("a key that is missing makes the status fail, and says both ways out", () => {
  const { lines, exitCode } = describeStatus([key("current", 0), key("missing", 1)]);
  equal(
    lines[1],
    "Key missing (missing): 1 values, unreadable: put it into " +
      'CODEX_ENCRYPTION_PREVIOUS_KEYS, or, if it is lost, run "deno task keys:forget missing"',
  );
  equal(exitCode, 1);
  equal(describeStatus([]), { lines: ["CODEX_ENCRYPTION_KEY is not set"], exitCode: 0 });
});

Deno.test("a rotation reports what is done, what could not be read and what is left", () => {
  equal(describeRotation({ rotated: 7, unreadable: [], left: 0 }), {
    lines: [
      "7 values were encrypted anew",
      "Every value is under the current key: previous ones may be removed",
    ],
    exitCode: 0,
  });
  const unreadable = [{
    purpose: "plugin_credential",
    ownerId: "an-id",
    name: "key",
    reason: "not_authentic" as const,
  }];
  equal(describeRotation({ rotated: 0, unreadable, left: 1 }), {
    lines: [
      "0 values were encrypted anew",
      'Left as it is: plugin_credential "key" of an-id: not_authentic',
      "1 values are still under another key",
    ],
    exitCode: 1,
  });
});

Deno.test("giving up a key reports what it cost, or why it was not done", () => {
  equal(describeForgetting("k", { kind: "forgotten", values: 2, connections: 1 }), {
    lines: ["2 values under key k were given up, 1 connections need their users again"],
    exitCode: 0,
  });
  equal(describeForgetting("k", { kind: "configured" }).exitCode, 1);
  equal(describeForgetting("k", { kind: "unknown" }).exitCode, 1);
});
