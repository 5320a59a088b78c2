import { deepEqual as equal } from "node:assert/strict";
import { hashToken } from "@codex/crypto";
import { AllowedHostList } from "@codex/service";
import { checkReturn, isIssuerOf, isSafeEndpoint } from "./oauth_flow.ts";

const flow = {
  userId: "ada",
  browserHash: hashToken("cookie"),
  expiresAt: new Date(1000),
};

Deno.test("a flow ends for its user, in its browser, in time", () => {
  equal(checkReturn(flow, { userId: "ada", browserToken: "cookie" }, 999), { kind: "ok" });
});

Deno.test("another user, another browser and a late return are told apart", () => {
  const reason = (userId: string, browserToken: string | undefined, now: number) => {
    const check = checkReturn(flow, { userId, browserToken }, now);
    return check.kind === "failed" && check.reason;
  };
  equal(reason("bob", "cookie", 0), "other_user");
  equal(reason("ada", undefined, 0), "other_browser");
  equal(reason("ada", "", 0), "other_browser");
  equal(reason("ada", "another", 0), "other_browser");
  equal(reason("ada", "cookie", 1000), "expired");
});

Deno.test("a provider that names itself must be the one that was asked", () => {
  const endpoints = {
    authorizationUrl: "https://login.provider.example/authorize",
    tokenUrl: "https://api.provider.example/",
  };
  const good = [undefined, "https://login.provider.example", "https://provider.example/tenant"]
    .concat(["https://eu.login.provider.example/", "https://API.provider.example"]);
  for (const issuer of good) equal(isIssuerOf(issuer, endpoints), true, issuer);
  const bad = ["https://evil.example", "https://evil-provider.example", "login.provider.example"]
    .concat(["https://www.provider.example", "", "x:"]);
  for (const issuer of bad) equal(isIssuerOf(issuer, endpoints), false, issuer);
});

Deno.test("a manifest that names its issuer is held to it, character by character", () => {
  const issuer = "https://login.provider.example";
  const oauth = {
    authorizationUrl: "https://login.provider.example/authorize",
    tokenUrl: "https://login.provider.example/token",
    issuer,
  };
  equal(isIssuerOf(issuer, oauth), true);
  equal(isIssuerOf(undefined, oauth), true, "Most providers don't say");
  const others = [`${issuer}/`, "https://LOGIN.provider.example", "https://provider.example", ""];
  for (const other of others) equal(isIssuerOf(other, oauth), false, other);
});

Deno.test("browsers are sent to https alone, or to a host that a person named", () => {
  const allowed = AllowedHostList.parse("idp.lan:8443,idp.lan:80");
  const urls = {
    "https://login.example/authorize?x=1": true,
    "https://idp.lan:8443/": true,
    "http://idp.lan:8443/authorize": true,
    "http://idp.lan/": true,
    "http://idp.lan:8080/": false,
    "http://login.example/authorize": false,
    "javascript:alert(1)": false,
    "data:text/html,x": false,
    "blob:https://login.example/x": false,
    "ftp://idp.lan:8443/": false,
  };
  for (const [url, isSafe] of Object.entries(urls)) {
    equal(isSafeEndpoint(new URL(url), allowed), isSafe, url);
  }
});
