import assert from "node:assert/strict";
import { completeManifest } from "./manifest.ts";

const input = {
  name: "my-source",
  displayName: "My source",
  version: "1.0.0",
  description: "",
  author: "You",
};

Deno.test("the calls at once that a manifest declares are kept, and refused unless 1 to 1000", () => {
  for (const maxConcurrentCalls of [1, 1000]) {
    const manifest = completeManifest({ ...input, maxConcurrentCalls }, {});
    assert.equal(manifest.maxConcurrentCalls, maxConcurrentCalls);
  }
  for (const maxConcurrentCalls of [0, -1, 1.5, 1001, NaN]) {
    assert.throws(
      () => completeManifest({ ...input, maxConcurrentCalls }, {}),
      /"maxConcurrentCalls" \S+ must be an integer, 1 to 1000/,
    );
  }
});
