import { deepEqual as equal } from "node:assert/strict";
import { Manifest } from "@codex/protocol";
import { changeConfig, CONFIG_BYTES_MAX, needsNoUserAuth } from "./connection_rules.ts";

const manifest = (more: object) =>
  Manifest.parse({
    name: "echo",
    displayName: "Echo",
    version: "1.0.0",
    protocolVersion: "1.0",
    ...more,
  });

Deno.test("a plugin without OAuth and required credentials needs nothing of the user", () => {
  const credential = { key: "token", label: "Token", type: "password" };
  equal(needsNoUserAuth(manifest({})), true);
  equal(
    needsNoUserAuth(manifest({ requiredCredentials: [{ ...credential, required: false }] })),
    true,
  );
  equal(
    needsNoUserAuth(manifest({ requiredCredentials: [{ ...credential, required: true }] })),
    false,
  );
  const oauth = { authorizationUrl: "https://a.example/", tokenUrl: "https://a.example/token" };
  equal(needsNoUserAuth(manifest({ oauth })), false);
});

Deno.test("a change replaces the plugin's settings and keeps what the server keeps", () => {
  const current = { old: 1, _codex: { autoSync: true } };
  equal(changeConfig(current, { fresh: 2 }), {
    kind: "ok",
    config: { fresh: 2, _codex: { autoSync: true } },
  });
  equal(changeConfig(current, { _codex: {} }), { kind: "ok", config: { _codex: {} } });
  equal(changeConfig({}, { a: 1 }), { kind: "ok", config: { a: 1 } });
});

Deno.test("the server's part must be an object", () => {
  for (const _codex of [null, 1, "x", [], true]) {
    equal(changeConfig({}, { _codex }), {
      kind: "refused",
      pointer: "/config/_codex",
      detail: "Must be an object",
    });
  }
});

Deno.test("a configuration of 64 KiB is taken, one byte more is not", () => {
  const filled = (bytes: number) => ({ a: "x".repeat(bytes - '{"a":""}'.length) });
  equal(changeConfig({}, filled(CONFIG_BYTES_MAX)).kind, "ok");
  equal(changeConfig({}, filled(CONFIG_BYTES_MAX + 1)).kind, "refused");
});
