import { deepEqual as equal, notEqual, ok } from "node:assert/strict";
import { hashToken, verifyCodeChallenge } from "@codex/crypto";
import { contextOf } from "../workflows/vault.ts";
import { createFixture, type Fixture, json, REDIRECT_URL } from "../testing/fixture.ts";
import { startProvider, tokens } from "../testing/provider.ts";
import { begin, comeBack, reasonOf, setClient, signIn, withProvider } from "../testing/sign_in.ts";

const connectionsOf = (auth: Fixture) =>
  auth.sql`select id, status, status_reason, config, revision from connections`;

Deno.test("a sign-in ends in a connection whose tokens only a ticket releases, without the refresh token", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    const begun = await begin(auth, ada, pluginId);
    equal(await comeBack(auth, ada, begun), {
      kind: "connected",
      pluginId,
      pluginName: "sync-echo",
    });
    const [request] = provider.requests;
    const { code_verifier, ...form } = request?.form ?? {};
    equal([request?.path, request?.authorization, form], ["/token", null, {
      grant_type: "authorization_code",
      code: "the-code",
      redirect_uri: begun.query["redirect_uri"],
      client_id: "codex-client",
      client_secret: "the-secret",
    }]);
    ok(verifyCodeChallenge(code_verifier ?? "", begun.query["code_challenge"] ?? ""));
    equal((await connectionsOf(auth)).map((row) => row["status"]), ["connected"]);

    const url = `/internal/connections/${pluginId}/ticket`;
    const { ticket } = await json(await auth.call("POST", url, { subject: ada }));
    const released = await json(
      await auth.call("POST", "/vault/connections/release", {
        from: "plugin-host",
        body: { ticket },
      }),
    );
    equal(released["credentials"], { access_token: "access-1" });
  }));

Deno.test("no token, secret, code or verifier stands in any row in clear", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    await signIn(auth, ada, pluginId);
    const verifier = provider.requests[0]?.form["code_verifier"];
    const secrets = ["access-1", "refresh-1", "the-secret", "the-code", verifier!];
    for (
      const { name } of await auth.sql`
      select table_name as name from information_schema.tables where table_schema = 'auth'`
    ) {
      for (const row of await auth.sql`select t::text as text from ${auth.sql(name)} t`) {
        const hex = (secret: string) => new TextEncoder().encode(secret).toHex();
        for (const secret of secrets) {
          ok(!row["text"].includes(secret) && !row["text"].includes(hex(secret)), name);
        }
      }
    }
  }));

Deno.test("a provider without PKCE gets neither challenge nor verifier", async () => {
  await using provider = startProvider();
  await using auth = await createFixture({ guardedFetch: provider.guardedFetch });
  const pluginId = auth.addPlugin({}, { oauth: { ...provider.oauth, pkce: false } });
  await setClient(auth, pluginId);
  const ada = await auth.addUser("ada");
  const begun = await begin(auth, ada, pluginId);
  ok(!("code_challenge" in begun.query) && !("code_challenge_method" in begun.query));
  equal((await comeBack(auth, ada, begun)).kind, "connected");
  equal(Object.keys(provider.requests[0]?.form ?? {}).sort(), [
    "client_id",
    "code",
    "grant_type",
    "redirect_uri",
  ]);
});

Deno.test("a state works once, for its user, in its browser, for five minutes", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    const bob = await auth.addUser("bob");
    const reason = async (subject: typeof ada, change: object, waitMs = 0) => {
      const begun = await begin(auth, ada, pluginId);
      auth.clock.advance(waitMs);
      const outcome = reasonOf(await comeBack(auth, subject, begun, { code: "c", ...change }));
      equal(reasonOf(await comeBack(auth, ada, begun)), "used", "It is used up");
      return outcome;
    };
    equal(await reason(bob, {}), "other_user");
    equal(await reason(ada, { browserToken: "another" }), "other_browser");
    equal(await reason(ada, { browserToken: undefined }), "other_browser");
    equal(await reason(ada, {}, 300_000), "expired");
    equal(provider.requests, []);
    equal(await reason(ada, {}, 299_999), "none");
    equal(reasonOf(await comeBack(auth, ada, { state: "unknown", browserToken: "x" })), "used");
    equal((await connectionsOf(auth)).length, 1);
  }));

Deno.test("of 100 returns at once with one state exactly one connects, by one exchange", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    const begun = await begin(auth, ada, pluginId);
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, () => comeBack(auth, ada, begun)),
    );
    equal(outcomes.filter((outcome) => outcome.kind === "connected").length, 1);
    equal(outcomes.filter((outcome) => reasonOf(outcome) === "used").length, 99);
    equal(provider.requests.length, 1);
    equal((await connectionsOf(auth)).length, 1);
  }));

Deno.test("what the provider says no to is told in its own way, and nothing is connected", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    const back = async (change: object) =>
      reasonOf(await comeBack(auth, ada, await begin(auth, ada, pluginId), change));
    equal(await back({ error: "access_denied" }), "denied");
    equal(await back({ error: "temporarily_unavailable" }), "unreachable");
    equal(await back({ error: "invalid_scope", code: "c" }), "provider_refused");
    equal(await back({ error: "redirect_uri_mismatch" }), "redirect_mismatch");
    equal(await back({}), "bad_answer");
    equal(provider.requests, []);
    equal((await connectionsOf(auth)).length, 0);
  }));

Deno.test("a flow ends with what it was begun with: another endpoint or client, or none, is refused", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    const reasonAfter = async (change: () => unknown) => {
      const begun = await begin(auth, ada, pluginId);
      await change();
      return reasonOf(await comeBack(auth, ada, begun));
    };
    equal(
      await reasonAfter(() => setClient(auth, pluginId, { clientId: "new" })),
      "settings_changed",
    );
    const elsewhere = { ...provider.oauth, tokenUrl: `${provider.origin}/elsewhere` };
    const change = (plugin: object, manifest: object) =>
      auth.addPlugin({ id: pluginId, ...plugin }, manifest);
    equal(await reasonAfter(() => change({}, { oauth: elsewhere })), "settings_changed");
    equal(await reasonAfter(() => change({ usable: false }, {})), "plugin_off");
    equal(provider.requests, []);
  }));

Deno.test("another provider's code is not sent to this one", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    const back = async (issuer: string) => {
      const begun = await begin(auth, ada, pluginId);
      return reasonOf(await comeBack(auth, ada, begun, { code: "c", issuer }));
    };
    equal(await back("https://other.example"), "bad_answer");
    equal(provider.requests, []);
    equal(await back(provider.origin), "none");
  }));

Deno.test("an issuer that the manifest names is compared as a string", () =>
  withProvider(async ({ auth, provider, ada }) => {
    const issuer = `${provider.origin}/issuer`;
    const pluginId = auth.addPlugin({}, { oauth: { ...provider.oauth, issuer } });
    await setClient(auth, pluginId, { clientSecret: "the-secret" });
    const back = async (change: object) => {
      const begun = await begin(auth, ada, pluginId);
      return reasonOf(await comeBack(auth, ada, begun, { code: "c", ...change }));
    };
    for (const other of [provider.origin, `${issuer}/`]) {
      equal(await back({ issuer: other }), "bad_answer", other);
    }
    equal(provider.requests, []);
    equal(await back({ issuer }), "none");
    equal(await back({}), "none");
  }));

Deno.test("an answer counts only at the redirect URL that its sign-in began with", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    const other = auth.addPlugin({}, { oauth: provider.oauth });
    const back = async (change: object) => {
      const begun = await begin(auth, ada, pluginId);
      const reason = reasonOf(await comeBack(auth, ada, begun, { code: "c", ...change }));
      return [reason, begun.query["redirect_uri"], begun.ownRedirect];
    };
    equal(await back({}), ["none", REDIRECT_URL, false]);
    equal(await back({ pluginId }), ["bad_answer", REDIRECT_URL, false]);
    await setClient(auth, pluginId, { useOwnRedirectUrl: true });
    const own = `http://codex.test/api/v1/user/plugins/${pluginId}/oauth/callback`;
    const sent = provider.requests.length;
    equal(await back({}), ["bad_answer", own, true]);
    equal(await back({ pluginId: other }), ["bad_answer", own, true]);
    equal(provider.requests.length, sent);
    equal(await back({ pluginId }), ["none", own, true]);
    equal(provider.requests.at(-1)?.form["redirect_uri"], own);
  }));

Deno.test("no ciphertext opens in another row: purposes, owners and names are all part of it", () =>
  withProvider(async ({ auth, pluginId, ada }) => {
    for (const subject of [ada, await auth.addUser("bob")]) await signIn(auth, subject, pluginId);
    const rows = await auth.sql<
      { purpose: string; owner_id: string; name: string; value: Buffer }[]
    >`
      select purpose, owner_id, name, value from secrets`;
    equal(rows.length, 5, "Two access tokens, two refresh tokens, a client secret");
    for (const from of rows) {
      for (const to of rows) {
        const context = contextOf({ purpose: to.purpose, ownerId: to.owner_id }, to.name);
        const { kind } = auth.deps.keyring!.decrypt(from.value, context);
        equal(kind, from === to ? "ok" : "not_authentic");
      }
    }
  }));

Deno.test("deleting a user leaves no sign-in, token or grant of theirs", () =>
  withProvider(async ({ auth, pluginId, ada }) => {
    await signIn(auth, ada, pluginId);
    await begin(auth, ada, pluginId);
    const path = `/api/v1/users/${ada.userId}`;
    await json(await auth.call("DELETE", path, { subject: await auth.admin() }));
    for (const table of ["connections", "oauth_flows", "oauth_grants"]) {
      equal((await auth.sql`select 1 from ${auth.sql(table)}`).length, 0, table);
    }
    equal((await auth.sql`select 1 from secrets where connection_id is not null`).length, 0);
  }));

Deno.test("a verifier that was moved from another flow doesn't open", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    const [one, other] = [await begin(auth, ada, pluginId), await begin(auth, ada, pluginId)];
    await auth.sql`update oauth_flows set verifier = (select verifier from oauth_flows
      where state_hash = ${hashToken(one.state)}) where state_hash = ${hashToken(other.state)}`;
    equal(reasonOf(await comeBack(auth, ada, other)), "settings_changed");
    equal(provider.requests, []);
  }));

Deno.test("signing in again renews the tokens and keeps id, configuration and storage", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    await signIn(auth, ada, pluginId);
    const body = { config: { unit: "volumes" } };
    const path = `/internal/connections/${pluginId}/config`;
    await json(await auth.call("PUT", path, { subject: ada, body }));
    await auth.sql`update connections set status = 'needs_reconnection', status_reason = 'Ended'`;
    const [before] = await connectionsOf(auth);
    provider.answer = () => tokens(2, { refresh_token: undefined });
    equal((await signIn(auth, ada, pluginId)).kind, "connected");
    const [after] = await connectionsOf(auth);
    equal(after, { ...before!, status: "connected", status_reason: null, revision: 3 });
    const purposes = await auth.sql`
      select purpose from secrets where connection_id is not null`;
    equal(purposes.map((row) => row["purpose"]), ["connection_credential"], "No old refresh token");
  }));

Deno.test("disconnecting ends pending sign-ins: none brings the connection back", () =>
  withProvider(async ({ auth, pluginId, ada }) => {
    await signIn(auth, ada, pluginId);
    const begun = await begin(auth, ada, pluginId);
    await json(await auth.call("DELETE", `/internal/connections/${pluginId}`, { subject: ada }));
    equal(reasonOf(await comeBack(auth, ada, begun)), "used");
    equal((await connectionsOf(auth)).length, 0);
    for (const table of ["oauth_flows", "oauth_grants"]) {
      equal((await auth.sql`select 1 from ${auth.sql(table)}`).length, 0, table);
    }
    equal((await auth.sql`select 1 from secrets where connection_id is not null`).length, 0);
  }));

Deno.test("what is given up while the provider takes its time is not brought back by its answer", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    const admin = await auth.admin();
    const disconnect = () =>
      auth.call("DELETE", `/internal/connections/${pluginId}`, { subject: ada });
    const ends: [name: string, end: () => Promise<Response>][] = [
      ["first sign-in", disconnect],
      ["connection", disconnect],
      ["plugin", () => auth.call("DELETE", `/vault/plugins/${pluginId}`, { from: "plugin-host" })],
      ["user", () => auth.call("DELETE", `/api/v1/users/${ada.userId}`, { subject: admin })],
    ];
    for (const [name, end] of ends) {
      await setClient(auth, pluginId, { clientSecret: "the-secret" });
      if (name === "connection") await signIn(auth, ada, pluginId);
      const [asked, told] = [Promise.withResolvers<void>(), Promise.withResolvers<Response>()];
      provider.answer = () => {
        asked.resolve();
        return told.promise;
      };
      const back = comeBack(auth, ada, await begin(auth, ada, pluginId));
      await asked.promise;
      await (await end()).body?.cancel();
      told.resolve(tokens(7));
      equal(reasonOf(await back), "called_off", name);
      provider.answer = () => tokens(1);
      for (const table of ["connections", "oauth_exchanges", "oauth_flows"]) {
        equal((await auth.sql`select 1 from ${auth.sql(table)}`).length, 0, `${name}: ${table}`);
      }
      equal(
        (await auth.sql`select 1 from secrets where connection_id is not null`).length,
        0,
        name,
      );
    }
  }));

Deno.test("two users of one plugin have their own connections and tokens", () =>
  withProvider(async ({ auth, pluginId, ada }) => {
    const bob = await auth.addUser("bob");
    for (const subject of [ada, bob]) await signIn(auth, subject, pluginId);
    const [one, other] = await auth.sql`select value from secrets where name = 'access_token'`;
    notEqual(one?.["value"].toString("hex"), other?.["value"].toString("hex"));
    equal((await connectionsOf(auth)).length, 2);
  }));
