import assert from "node:assert/strict";
import { bestMatch } from "./title_search.ts";

Deno.test("the most alike is found, if it is alike enough", () => {
  const near = { mediaId: 1, similarity: 0.95 };
  assert.deepEqual(bestMatch([{ mediaId: 2, similarity: 0.91 }, near]), {
    kind: "found",
    mediaId: 1,
  });
  assert.deepEqual(bestMatch([{ mediaId: 1, similarity: 0.89 }]), { kind: "missing" });
  assert.deepEqual(bestMatch([]), { kind: "missing" });
});

Deno.test("works that can't be told apart are no match", () => {
  const candidates = [{ mediaId: 1, similarity: 1 }, { mediaId: 2, similarity: 1 }];
  assert.deepEqual(bestMatch(candidates), { kind: "ambiguous", mediaIds: [1, 2] });
  assert.deepEqual(bestMatch([...candidates.slice(0, 1), { mediaId: 1, similarity: 0.99 }]), {
    kind: "found",
    mediaId: 1,
  });
});
