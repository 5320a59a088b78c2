import assert from "node:assert/strict";
import { describeNetwork, effectiveNetwork } from "./network_access.ts";

Deno.test("Deno keeps a grant by host, any other runtime gets all of the network with it", () => {
  assert.deepEqual(effectiveNetwork("deno", ["a.example", "a.example"]), ["a.example"]);
  assert.deepEqual(effectiveNetwork("other", ["a.example", "b.example:8080"]), ["*"]);
  assert.deepEqual(effectiveNetwork("other", ["*"]), ["*"]);
  for (const runtime of ["deno", "other"] as const) {
    assert.deepEqual(effectiveNetwork(runtime, []), []);
  }
});

Deno.test("granted ports of the loopback stay beside it, other addresses don't", () => {
  assert.deepEqual(
    effectiveNetwork("other", [
      "127.0.0.1:8080",
      "localhost:1",
      "[::1]:2",
      "10.0.0.1:3",
      "a.example",
    ]),
    ["*", "127.0.0.1:8080", "localhost:1", "[::1]:2"],
  );
});

Deno.test("a grant is told by what can be enforced where the plugin runs", () => {
  const told = [
    ["by-host", ["a.example", "b.example:1"], "Only a.example, b.example:1"],
    ["by-host", ["*"], "Every public host"],
    [
      "by-host",
      ["*", "10.0.0.1:3"],
      "Every public host, and what shares a private range with 10.0.0.1:3",
    ],
    ["own-network", ["*"], "Unrestricted network, but for this machine's loopback"],
    [
      "own-network",
      ["*", "127.0.0.1:8080"],
      "Unrestricted network, of this machine's loopback only 127.0.0.1:8080",
    ],
    ["shared-network", ["*"], "Unrestricted network, including this machine"],
    ["none", ["*"], "None while it can't run here"],
  ] as const;
  for (const [control, granted, words] of told) {
    assert.equal(describeNetwork(control, granted), words);
    assert.equal(describeNetwork(control, []), "No network");
  }
  for (const granted of [[], ["*"]]) {
    assert.equal(
      describeNetwork("unconfined", granted),
      "Unrestricted network, including this machine: nothing confines it here",
    );
  }
});
