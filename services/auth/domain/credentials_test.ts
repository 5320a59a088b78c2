import { deepEqual as equal } from "node:assert/strict";
import { Manifest } from "@codex/protocol";
import { readCredentials } from "./credentials.ts";

const manifest = (more: object) =>
  Manifest.parse({
    name: "echo",
    displayName: "Echo",
    version: "1.0.0",
    protocolVersion: "1.0",
    ...more,
  });

const oauth = { authorizationUrl: "https://a.example/", tokenUrl: "https://a.example/token" };
const declared = manifest({
  requiredCredentials: [
    { key: "server", label: "Server", type: "url", required: true },
    { key: "user/name", label: "Name", type: "text" },
    { key: "password", label: "Password", credentialType: "string" },
  ],
});

Deno.test("declared credentials are taken by name, without the spaces around them", () => {
  const credentials = { server: " https://x.example ", password: "p w\u00e9\n" };
  equal(readCredentials(declared, { credentials }), {
    kind: "ok",
    values: { server: "https://x.example", password: "p w\u00e9" },
  });
});

Deno.test("every wrong credential is told by its pointer", () => {
  const credentials = {
    server: "javascript:alert(1)",
    "user/name": "  ",
    password: "a\u0000b",
    other: "x",
    constructor: "x",
  };
  const result = readCredentials(declared, { credentials });
  equal(result.kind === "refused" && result.errors, [
    { pointer: "/credentials/server", detail: "Must be an http or https URL" },
    { pointer: "/credentials/user~1name", detail: "Must not be empty" },
    { pointer: "/credentials/password", detail: "Must be one line of text" },
    {
      pointer: "/credentials/other",
      detail: "Is not a credential of this plugin: it takes server, user/name, password",
    },
    {
      pointer: "/credentials/constructor",
      detail: "Is not a credential of this plugin: it takes server, user/name, password",
    },
  ]);
  equal(readCredentials(declared, { credentials: {} }).kind, "refused");
});

Deno.test("a personal access token stands in for a sign-in, or is a declared credential", () => {
  const taken = { kind: "ok", values: { access_token: "t" } };
  equal(readCredentials(manifest({ oauth }), { accessToken: "t" }), taken);
  const own = manifest({ requiredCredentials: [{ key: "access_token", label: "Token" }] });
  equal(readCredentials(own, { accessToken: "t" }), taken);
  const refused = readCredentials(declared, { accessToken: "t" });
  equal(refused.kind === "refused" && refused.errors[0]?.pointer, "/accessToken");
});

Deno.test("a plugin that has no use for credentials takes none", () => {
  equal(readCredentials(manifest({}), { accessToken: "t" }), { kind: "none_needed" });
});
