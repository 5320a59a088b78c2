import assert from "node:assert/strict";
import { findPlainSecret } from "./plain_secrets.ts";

Deno.test("a secret in plain form is found by its name or by the password in its URL", () => {
  for (
    const [name, value] of [
      ["CODEX_ENCRYPTION_KEY", "x"],
      ["CODEX_ENCRYPTION_PREVIOUS_KEYS", "x"],
      ["CODEX_SERVICE_KEY", "{}"],
      ["DATABASE_URL", "postgres://u:p@h/d"],
      ["DATABASE_URL", "postgres://h/d?password=p"],
      ["DATABASE_URL", "host=h password=p"],
      ["CODEX_DATABASE_ADMIN_URL", "postgres://u:p@h/d"],
      ["CODEX_PLUGIN_HOST_DATABASE_URL", "postgres://u:p@h/d"],
    ] as const
  ) assert.match(findPlainSecret({ [name]: value }) ?? "", new RegExp(`^${name} .*${name}_FILE$`));
});

Deno.test("files, empty variables and URLs without a password are no secrets", () => {
  const environment = {
    CODEX_ENCRYPTION_KEY: "",
    CODEX_ENCRYPTION_KEY_FILE: "/run/key",
    DATABASE_URL: "postgres://u@h/d",
    DATABASE_URL_FILE: "/run/url",
  };
  assert.equal(findPlainSecret(environment), undefined);
});
