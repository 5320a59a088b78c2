import assert from "node:assert/strict";
import { PluginFailures, PluginTestAnswer, Problem } from "@codex/protocol";
import { withService } from "../testing/test_service.ts";
import { readManifest } from "./manifest_reading.ts";

const MANIFEST = {
  name: "it",
  displayName: "It",
  version: "1.0.0",
  protocolVersion: "1.0",
  capabilities: { metadataProvider: ["series"] },
};

const reasonOf = (change: object, name: string | null = "it") => {
  const read = readManifest({ ...MANIFEST, ...change }, name);
  return read.ok ? undefined : read.reason;
};

Deno.test("a manifest that can't be stored is refused by the field that holds what can't", () => {
  assert.equal(reasonOf({}), undefined);
  assert.equal(
    reasonOf({ description: "a\0b" }),
    "The manifest is not valid: /description: Holds the character NUL",
  );
  const field = { key: "k", label: "K", type: "object", default: { "\ud800": 1 } };
  assert.match(
    reasonOf({ configSchema: { fields: [field] } }) ?? "",
    /\/configSchema\/fields\/0\/default: A key holds half of a character/,
  );
  // What is not kept need not be storable.
  assert.equal(reasonOf({ unknown: "\0" }), undefined);
});

Deno.test("a manifest that declares no possible number of calls at once is refused", () => {
  for (const maxConcurrentCalls of [1, 1000]) {
    assert.equal(reasonOf({ maxConcurrentCalls }), undefined);
  }
  for (const maxConcurrentCalls of [0, 1.5, 1001, "1", Infinity]) {
    assert.match(reasonOf({ maxConcurrentCalls }) ?? "", /\/maxConcurrentCalls: /);
  }
});

Deno.test("a value out of its range is refused by its field, never passed over", () => {
  const field = { key: "k", label: "K", type: "number", default: Infinity };
  const addresses = { authorizationUrl: "https://a.example/a", tokenUrl: "https://a.example/t" };
  for (
    const [change, place] of [
      [{ configSchema: { fields: [field] } }, "/configSchema/fields/0/default"],
      [{ oauth: { ...addresses, issuer: "i".repeat(2001) } }, "/oauth/issuer"],
      [{ description: Infinity }, "/description"],
    ] as const
  ) {
    assert.match(reasonOf(change) ?? "", new RegExp(`The manifest is not valid: ${place}: `));
  }
});

Deno.test("it is refused in these words by the test, the grant and the start", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id, manifestDigest } = await service.grant("scripted", []);
    await service.changeManifest("scripted", { author: "half a character: \ud83d" });
    await service.deps.runtime.stop(id, "now");
    const words = /The manifest is not valid: \/author: Holds half of a character/;
    const tested = await service.request("POST", `/admin/plugins/${id}/test`);
    assert.match(tested.as(PluginTestAnswer).message, words);
    const grant = { permissions: [], network: [], acceptManifest: manifestDigest };
    const granted = await service.request("POST", `/admin/plugins/${id}/grant`, grant);
    assert.equal(granted.status, 422);
    assert.match(granted.as(Problem).detail, words);
    const started = await service.search(id, "x");
    assert.deepEqual([started.status, started.as(Problem).code], [502, "plugin_failed"]);
    assert.match(started.as(Problem).detail, words);
    const { failures } = (await service.request("GET", `/admin/plugins/${id}/failures`))
      .as(PluginFailures);
    assert.match(failures[0]?.errorMessage ?? "", words);
  });
});
