/** What a user enters to connect a plugin without a sign-in at its provider. */
import type { CredentialField, CredentialsRequest, FieldError, Manifest } from "@codex/protocol";
import { ACCESS_TOKEN } from "./connection_rules.ts";

export type CredentialsResult =
  | { readonly kind: "ok"; readonly values: Readonly<Record<string, string>> }
  /** The plugin has no use for any. */
  | { readonly kind: "none_needed" }
  | { readonly kind: "refused"; readonly errors: readonly FieldError[] };

/**
 * The credentials that a request sets, by the names under which a process gets them. A plugin takes
 * those it declares, and one with OAuth a personal access token in place of the sign-in.
 */
export function readCredentials(
  manifest: Manifest,
  request: CredentialsRequest,
): CredentialsResult {
  const fields = new Map<string, Field>(
    manifest.requiredCredentials.map((field) => [field.key, field]),
  );
  if (manifest.oauth !== undefined && !fields.has(ACCESS_TOKEN)) fields.set(ACCESS_TOKEN, PASTED);
  if (fields.size === 0) return { kind: "none_needed" };

  const given = "accessToken" in request
    ? [{ key: ACCESS_TOKEN, text: request.accessToken, pointer: "/accessToken" }]
    : Object.entries(request.credentials).map(([key, text]) => (
      { key, text, pointer: `/credentials/${key.replaceAll("~", "~0").replaceAll("/", "~1")}` }
    ));
  if (given.length === 0) {
    return refused([{ pointer: "/credentials", detail: "Must hold a credential" }]);
  }
  const errors = given.flatMap(({ key, text, pointer }) => {
    const detail = faultOf(fields.get(key), text.trim(), [...fields.keys()]);
    return detail === undefined ? [] : [{ pointer, detail }];
  });
  if (errors.length > 0) return refused(errors);
  return { kind: "ok", values: Object.fromEntries(given.map((it) => [it.key, it.text.trim()])) };
}

type Field = Pick<CredentialField, "key" | "type">;

const PASTED: Field = { key: ACCESS_TOKEN, type: "password" };

function faultOf(
  field: Field | undefined,
  text: string,
  known: readonly string[],
): string | undefined {
  if (field === undefined) {
    return `Is not a credential of this plugin: it takes ${known.join(", ")}`;
  }
  if (text === "") return "Must not be empty";
  // What goes into a header or a line of JSON has no control characters.
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(text)) return "Must be one line of text";
  if (field.type === "url" && !/^https?:$/.test(URL.parse(text)?.protocol ?? "")) {
    return "Must be an http or https URL";
  }
  return undefined;
}

function refused(errors: readonly FieldError[]): CredentialsResult {
  return { kind: "refused", errors };
}
