import { equal } from "node:assert/strict";
import { failureOfError } from "./oauth_failures.ts";

Deno.test("the standard's codes are told in their own way", () => {
  equal(failureOfError("redirect", "access_denied", ""), "denied");
  equal(failureOfError("redirect", "server_error", ""), "unreachable");
  equal(failureOfError("redirect", "temporarily_unavailable", ""), "unreachable");
  equal(failureOfError("redirect", "invalid_scope", ""), "provider_refused");
  equal(failureOfError("token", "invalid_client", ""), "client_refused");
  equal(failureOfError("token", "invalid_grant", "Code was used"), "code_refused");
  equal(failureOfError("token", "unsupported_grant_type", ""), "provider_refused");
});

Deno.test("a wrong redirect URL is recognised by the code or by what is said of it", () => {
  equal(failureOfError("redirect", "redirect_uri_mismatch", ""), "redirect_mismatch");
  const said = ["redirect_uri did not match", "Invalid redirect URL", "wrong redirect-uri"];
  for (const description of said) {
    equal(failureOfError("token", "invalid_grant", description), "redirect_mismatch");
  }
  equal(failureOfError("redirect", "access_denied", "redirect_uri"), "denied");
});

Deno.test("names of object members are no codes", () => {
  for (const code of ["constructor", "toString", "__proto__"]) {
    equal(failureOfError("redirect", code, ""), "provider_refused");
  }
});
