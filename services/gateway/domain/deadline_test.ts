import { deepEqual as equal, ok } from "node:assert/strict";
import { PLACE_WAIT_SECONDS_MAX, RequestTimeoutSeconds } from "@codex/protocol";
import { OPERATIONS } from "@codex/protocol/operations";
import { deadlineMsOf, PLUGIN_CALLS } from "./deadline.ts";

const byId = new Map(OPERATIONS.map((operation) => [operation.id, operation]));

Deno.test("every operation that is said to call a plugin exists", () => {
  equal([...PLUGIN_CALLS.keys()].filter((id) => !byId.has(id)), []);
});

Deno.test("a plugin may take as long as an administrator can allow it, with a margin", () => {
  const longestMs = (RequestTimeoutSeconds.maxValue! + PLACE_WAIT_SECONDS_MAX) * 1000;
  for (const id of ["executePlugin", "previewSeriesMetadata", "applyBookMetadata"]) {
    ok(deadlineMsOf(byId.get(id)!) >= longestMs + 10_000, id);
  }
  equal(deadlineMsOf(byId.get("listSeries")!), 30_000);
});
