import assert from "node:assert/strict";
import { describeNetwork, missingFor, type NetworkAbility } from "./network_access.ts";

const able: NetworkAbility = { hosts: { available: true }, everyHost: { available: true } };
const withoutPasta: NetworkAbility = {
  ...able,
  everyHost: { available: false, reason: "pasta is not installed" },
};
const withoutSocat: NetworkAbility = {
  hosts: { available: false, reason: "socat is not installed" },
  everyHost: { available: false, reason: "socat is not installed" },
};

Deno.test("a grant is told by what can be enforced where the plugin runs", () => {
  const told = [
    ["by-host", ["a.example", "b.example:1"], "Only a.example, b.example:1, by TCP"],
    ["by-host", ["*"], "Every public host"],
    ["by-host", ["*", "10.0.0.1:3"], "Every public host, and by TCP 10.0.0.1:3"],
    ["by-name", ["127.0.0.1:8091", "[::1]:1"], "Only 127.0.0.1:8091, [::1]:1"],
    [
      "by-name",
      ["a.example"],
      "Only a.example; whoever owns a name can lead it into the local network later",
    ],
    [
      "by-name",
      ["*", "10.0.0.1:3"],
      "Every public host, and what shares a private range with 10.0.0.1:3; " +
      "whoever owns a name can lead it into the local network later",
    ],
    ["none", ["*"], "None while it can't run here"],
  ] as const;
  for (const [control, granted, words] of told) {
    assert.equal(describeNetwork(control, granted, able), words);
    assert.equal(describeNetwork(control, [], able), "No network");
  }
  for (const granted of [[], ["*"]]) {
    assert.equal(
      describeNetwork("unconfined", granted),
      "Unrestricted network, including this machine: nothing confines it here",
    );
  }
});

Deno.test("what can't be given is told with what is missing, and nothing else is given for it", () => {
  assert.equal(missingFor([], withoutSocat), undefined);
  assert.equal(missingFor(["a.example"], withoutPasta), undefined);
  assert.equal(missingFor(["*"], withoutPasta), "pasta is not installed");
  assert.equal(missingFor(["a.example"], withoutSocat), "socat is not installed");
  assert.equal(
    describeNetwork("by-host", ["a.example", "*"], withoutPasta),
    "None, as this can't be given here: pasta is not installed",
  );
});
