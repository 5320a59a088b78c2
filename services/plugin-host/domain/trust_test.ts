import assert from "node:assert/strict";
import { Manifest } from "@codex/protocol";
import { changedWishes, summarizeChanges } from "./trust.ts";

const GRANTED = {
  name: "it",
  displayName: "It",
  version: "1.0.0",
  protocolVersion: "1.0",
  capabilities: { metadataProvider: ["series", "book"], userReadSync: true },
  permissions: ["metadata:write:title"],
  network: ["api.example"],
  oauth: {
    authorizationUrl: "https://provider.example/authorize",
    tokenUrl: "https://provider.example/token",
    scopes: ["read", "write"],
  },
  requiredCredentials: [{ key: "api_key", label: "Key" }],
};
const FILE = { command: "deno", args: ["main.ts"] };

function changes(manifest: object, file: object = {}): string[] {
  return changedWishes(
    { manifest: Manifest.parse(GRANTED), file: FILE },
    { manifest: Manifest.parse({ ...GRANTED, ...manifest }), file: { ...FILE, ...file } },
  );
}

Deno.test("everything that a grant covers is told when it changes", () => {
  const { oauth, capabilities } = GRANTED;
  const told = (manifest: object, file?: object) => changes(manifest, file).join("; ");
  assert.equal(
    told({ permissions: ["metadata:write:summary"] }),
    'Now asks for the permission "metadata:write:summary"; ' +
      'No longer asks for the permission "metadata:write:title"',
  );
  assert.equal(told({ network: ["api.example", "*"] }), 'Now asks for the network host "*"');
  assert.equal(told({}, { network: ["b.example"] }), 'Now asks for the network host "b.example"');
  assert.equal(
    told({ capabilities: { ...capabilities, wantsFullMetadata: true } }),
    "capabilities.wantsFullMetadata: false → true",
  );
  assert.equal(
    told({ oauth: { ...oauth, tokenUrl: "https://evil.example/token" } }),
    'oauth.tokenUrl: "https://provider.example/token" → "https://evil.example/token"',
  );
  assert.match(told({ oauth: { ...oauth, scopes: ["read", "admin"] } }), /^oauth\.scopes: /);
  assert.match(told({ oauth: { ...oauth, pkce: false } }), /^oauth\.pkce: true → false$/);
  assert.match(told({ requiredCredentials: [] }), /^requiredCredentials: /);
  assert.equal(told({}, { args: ["other.ts"] }), "Command: deno main.ts → deno other.ts");
});

Deno.test("what a grant doesn't cover is not told: version, words, settings, order", () => {
  const { oauth, capabilities } = GRANTED;
  assert.deepEqual(
    changes({
      version: "2.0.0",
      displayName: "Another name",
      description: "Other words",
      protocolVersion: "1.3",
      configSchema: { fields: [{ key: "n", label: "N", type: "number" }] },
      capabilities: { ...capabilities, metadataProvider: ["book", "series"] },
      oauth: { ...oauth, scopes: ["write", "read"] },
      requiredCredentials: [{ key: "api_key", label: "Your key" }],
    }),
    [],
  );
});

Deno.test("a plugin that asks for very much is told in few words", () => {
  const network = Array.from({ length: 5000 }, (_, index) => `host-${index}.example`);
  const told = changes({ network });
  assert.equal(told.length, 101);
  const [first = "", last = ""] = summarizeChanges(told).split(/; (?=and )/);
  assert.equal(first.split("; ").length, 10);
  assert.equal(last, "and 91 more");
  assert.equal(summarizeChanges(["One thing"]), "One thing");
});
