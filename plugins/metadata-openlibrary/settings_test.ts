import assert from "node:assert/strict";
import type { JsonValue } from "@codex/plugin-sdk";
import { configSchema, readSettings } from "./settings.ts";

Deno.test("nothing set means the real site, unidentified, one request a second", () => {
  const expected = {
    baseUrl: "https://openlibrary.org",
    contact: null,
    maxResults: 10,
    requestsPerSecond: 1,
  };
  assert.deepEqual(readSettings({}), expected);
  assert.deepEqual(readSettings({ baseUrl: "", contact: null }), expected);
});

Deno.test("a contact allows three requests a second, and no setting allows more there", () => {
  const contact = "librarian@example.org";
  assert.equal(readSettings({ contact }).requestsPerSecond, 3);
  assert.equal(readSettings({ contact, requestsPerSecond: 50 }).requestsPerSecond, 3);
  assert.equal(readSettings({ requestsPerSecond: 50 }).requestsPerSecond, 1);
  assert.equal(readSettings({ contact, requestsPerSecond: 2 }).requestsPerSecond, 2);
});

Deno.test("another server is paced as set, and one on this machine is not held back", () => {
  const baseUrl = "https://mirror.example.org/ol/";
  assert.equal(readSettings({ baseUrl }).baseUrl, "https://mirror.example.org/ol");
  assert.equal(readSettings({ baseUrl }).requestsPerSecond, 1);
  assert.equal(readSettings({ baseUrl, requestsPerSecond: 50 }).requestsPerSecond, 50);
  for (const local of ["http://127.0.0.1:8091", "http://localhost:8091/", "http://[::1]:8091"]) {
    assert.equal(readSettings({ baseUrl: local }).requestsPerSecond, 100);
  }
});

Deno.test("every wrong setting is named at once", () => {
  const wrong: Record<string, JsonValue> = {
    baseUrl: "ftp://example.org",
    contact: "me\r\nX-Header: 1",
    maxResults: 0,
    requestsPerSecond: "fast",
  };
  assert.throws(() => readSettings(wrong), (error: Error) => {
    for (const { key } of configSchema.fields) assert.match(error.message, new RegExp(`"${key}"`));
    return true;
  });
  for (
    const baseUrl of ["openlibrary.org", "https://u:p@example.org", "https://example.org/?q", 5]
  ) {
    assert.throws(() => readSettings({ baseUrl }), /"baseUrl"/);
  }
});
