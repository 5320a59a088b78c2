import assert from "node:assert/strict";
import { grantWarnings, unacceptedWarnings } from "./grant_warnings.ts";

function declared(authorization: string, token: string, userInfo?: string) {
  return {
    oauth: {
      authorizationUrl: `https://${authorization}/authorize`,
      tokenUrl: `https://${token}/token`,
      ...(userInfo !== undefined && { userInfoUrl: `https://${userInfo}/me` }),
      scopes: [],
      pkce: true,
    },
  };
}

Deno.test("endpoints of one registrable domain need no word", () => {
  for (
    const [one, other] of [
      ["anilist.co", "anilist.co"],
      ["login.example.co.uk", "api.example.co.uk"],
      ["accounts.example.org", "example.org"],
      ["127.0.0.1:8000", "127.0.0.1:9000"],
      ["localhost", "localhost:9000"],
      ["[::1]:80", "[::1]:81"],
    ] as const
  ) assert.deepEqual(grantWarnings(declared(one, other, other)), [], `${one} ${other}`);
  assert.deepEqual(grantWarnings({}), []);
});

Deno.test("a token endpoint of another domain is named, and accepted by that name alone", () => {
  for (
    const [one, other] of [
      ["anilist.co", "anilist.co.evil.example"],
      ["one.co.uk", "two.co.uk"],
      ["one.github.io", "two.github.io"],
      ["127.0.0.1", "127.0.0.2"],
      ["example.org", "127.0.0.1"],
      ["one.internal", "two.internal"],
    ] as const
  ) {
    const manifest = declared(one, other);
    const [warning, ...more] = grantWarnings(manifest);
    assert.equal(warning?.name, `oauth-domain:${other}`);
    assert.match(warning?.message ?? "", new RegExp(`sign in at "${one}".*sent to "${other}"`));
    assert.deepEqual(more, []);
    assert.deepEqual(unacceptedWarnings(manifest, [`oauth-domain:${one}`]), [warning]);
    assert.deepEqual(unacceptedWarnings(manifest, [`oauth-domain:${other}`]), []);
  }
});

Deno.test("tokens that go to another domain for a user's name are a warning, too", () => {
  const [warning] = grantWarnings(declared("a.example.org", "b.example.org", "else.example.net"));
  assert.match(warning?.message ?? "", /access tokens are sent to "else.example.net"/);
});

Deno.test("an issuer of another domain is named: its answers would pass for this provider's", () => {
  const warningsOf = (issuer: string) => {
    const { oauth } = declared("evil.example", "evil.example");
    return grantWarnings({ oauth: { ...oauth, issuer } });
  };
  for (const issuer of ["https://evil.example", "https://login.evil.example/tenant"]) {
    assert.deepEqual(warningsOf(issuer), [], issuer);
  }
  for (
    const [issuer, host] of [
      ["https://honest.example/", "honest.example"],
      ["https://evil.example.honest.org", "evil.example.honest.org"],
      ["honest", "honest"],
    ] as const
  ) {
    const [warning, ...more] = warningsOf(issuer);
    assert.equal(warning?.name, `oauth-issuer:${host}`);
    assert.match(warning?.message ?? "", new RegExp(`sign in at "evil.example".*"${host}"`));
    assert.deepEqual(more, []);
  }
  assert.ok((warningsOf("x".repeat(2000))[0]?.name.length ?? 501) <= 500);
});
