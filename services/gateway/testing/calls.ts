/** Calls to another service through a gateway that listens. */
import { API_BASE, NDJSON } from "@codex/protocol";
import { bearer } from "./fixture.ts";
import type { Gateway } from "./servers.ts";

const ID = "0b54f1c4-6a0e-4f0a-9a53-6f2c6a6d5d11";
export const IMPORT = `${API_BASE}/libraries/${ID}/import`;
export const LIBRARIES = `${API_BASE}/libraries`;

/** A running import. */
export function importOf(
  gateway: Gateway,
  body: BodyInit,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(gateway.url + IMPORT, {
    method: "POST",
    headers: { ...bearer(gateway.fixture.auth.signIn("admin")), "content-type": NDJSON },
    body,
    ...init,
  });
}

/** A list of libraries. */
export function listOf(gateway: Gateway, init: RequestInit = {}): Promise<Response> {
  return fetch(gateway.url + LIBRARIES, {
    headers: bearer(gateway.fixture.auth.signIn("reader")),
    ...init,
  });
}
