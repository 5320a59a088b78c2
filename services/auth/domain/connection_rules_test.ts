import { deepEqual as equal } from "node:assert/strict";
import { ConfigSchema, Manifest } from "@codex/protocol";
import { changeConfig, CONFIG_BYTES_MAX, statusOf } from "./connection_rules.ts";

const manifest = (more: object) =>
  Manifest.parse({
    name: "echo",
    displayName: "Echo",
    version: "1.0.0",
    protocolVersion: "1.0",
    ...more,
  });

const token = { key: "token", label: "Token", type: "password" };
const oauth = { authorizationUrl: "https://a.example/", tokenUrl: "https://a.example/token" };
const open = { status: "not_connected", reason: null };
const connected = { status: "connected", reason: null };

Deno.test("a plugin without OAuth and required credentials needs nothing of the user", () => {
  equal(statusOf(manifest({}), []), connected);
  equal(
    statusOf(manifest({ requiredCredentials: [{ ...token, required: false }] }), []),
    connected,
  );
});

Deno.test("a plugin is connected once it has all that it requires", () => {
  const name = { key: "name", label: "Name", required: true };
  const both = manifest({ requiredCredentials: [{ ...token, required: true }, name] });
  equal(statusOf(both, []), open);
  equal(statusOf(both, ["token"]), {
    status: "not_connected",
    reason: 'Still to be entered: "Name"',
  });
  equal(statusOf(both, ["token", "name"]), connected);
});

Deno.test("a plugin with OAuth needs an access token, signed in for or pasted", () => {
  equal(statusOf(manifest({ oauth }), []), open);
  equal(statusOf(manifest({ oauth }), ["other"]), open);
  equal(statusOf(manifest({ oauth }), ["access_token"]), connected);
});

Deno.test("a change replaces the plugin's settings and keeps what the server keeps", () => {
  const current = { old: 1, _codex: { syncRatings: false } };
  equal(changeConfig(current, { fresh: 2 }, undefined), {
    kind: "ok",
    config: { fresh: 2, _codex: { syncRatings: false } },
  });
  equal(changeConfig(current, { _codex: {} }, undefined), { kind: "ok", config: { _codex: {} } });
  equal(changeConfig({}, { a: 1 }, undefined), { kind: "ok", config: { a: 1 } });
});

Deno.test("what breaks the plugin's schema is refused by name", () => {
  const schema = ConfigSchema.parse({ fields: [{ key: "a", label: "A", type: "number" }] });
  equal(changeConfig({}, { a: "x", b: 1 }, schema), {
    kind: "refused",
    errors: [
      { pointer: "/config/a", detail: "Must be a number" },
      { pointer: "/config/b", detail: "Is not a setting of this plugin" },
    ],
  });
});

Deno.test("a configuration of 64 KiB is taken, one byte more is not", () => {
  const filled = (bytes: number) => ({ a: "x".repeat(bytes - '{"a":""}'.length) });
  equal(changeConfig({}, filled(CONFIG_BYTES_MAX), undefined).kind, "ok");
  equal(changeConfig({}, filled(CONFIG_BYTES_MAX + 1), undefined).kind, "refused");
});

Deno.test("what is larger is refused without a word on each of its settings", () => {
  const config = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, 0]));
  const result = changeConfig({}, config, ConfigSchema.parse({ fields: [] }));
  equal(result.kind === "refused" && result.errors.map(({ pointer }) => pointer), ["/config"]);
});
