/** How a browser keeps what accounts know it by, and what of it reaches auth. */
import { deepEqual as equal, match, ok } from "node:assert/strict";
import { API_BASE, DEVICE_TOKEN_HEADER, DEVICE_TOKENS_HEADER } from "@codex/protocol";
import { bearer, cookie, createFixture, type Fixture } from "./testing/fixture.ts";

const USER_ID = "0b54f1c4-6a0e-4f0a-9a53-6f2c6a6d5d11";
const TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

const answerSession = () =>
  Response.json({
    accessToken: "cxs_new",
    tokenType: "Bearer",
    expiresIn: 3600,
    user: {
      id: USER_ID,
      username: "ada",
      email: "ada@example.com",
      role: "reader",
      permissions: [],
    },
    message: "Welcome",
  }, { headers: { [DEVICE_TOKEN_HEADER]: TOKEN } });

function post(fixture: Fixture, path: string, headers: Record<string, string> = {}) {
  return fixture.app.request(API_BASE + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ username: "ada" }),
  });
}

function sentTokens(fixture: Fixture): string | null | undefined {
  return fixture.calls.at(-1)?.request.headers.get(DEVICE_TOKENS_HEADER);
}

for (const path of ["/auth/login", "/setup/initialize"]) {
  Deno.test(`${path} keeps the device token in a cookie of the account, which outlives the session`, async () => {
    const fixture = await createFixture();
    fixture.answer = answerSession;
    const reply = await post(fixture, path);
    const [session, device, ...others] = reply.headers.getSetCookie();
    match(session ?? "", /^codex_session=cxs_new; /);
    match(
      device ?? "",
      /^codex_device_[\w-]{16}=ey[\w.-]+; Max-Age=34560000; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    equal(others, []);
    ok(device?.includes(TOKEN));
    ok(!(await reply.text()).includes(TOKEN));
    equal(reply.headers.get(DEVICE_TOKEN_HEADER), null);
  });
}

Deno.test("on https nobody else can plant the device's cookie, and no planted one counts", async () => {
  const fixture = await createFixture({ publicUrl: new URL("https://codex.test") });
  fixture.answer = answerSession;
  const reply = await post(fixture, "/auth/login", {
    cookie: `codex_device_a=${TOKEN}; __Host-codex_device_b=own.to.ken`,
  });
  match(
    reply.headers.getSetCookie()[1] ?? "",
    /^__Host-codex_device_[\w-]{16}=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  equal(sentTokens(fixture), "own.to.ken");
});

Deno.test("a sign-in takes the browser's device tokens along, and nothing that can be none", async () => {
  const fixture = await createFixture();
  fixture.answer = answerSession;
  const set = (await post(fixture, "/auth/login")).headers.getSetCookie()[1] ?? "";
  equal(sentTokens(fixture), null);
  await post(fixture, "/auth/login", { cookie: set.split(";")[0]! });
  equal(sentTokens(fixture), TOKEN);
  const odd = ["x", "a.b", "a.b.c.d", "a.b.%20c", `a.b.${"c".repeat(512)}`, "a.b.c", "d.e.f"];
  await post(fixture, "/auth/login", {
    cookie: odd.map((token, n) => `codex_device_${n}=${token}`).join("; "),
    [DEVICE_TOKENS_HEADER]: "for.ged.token",
  });
  equal(sentTokens(fixture), "a.b.c d.e.f");
  const many = Array.from({ length: 20 }, (_, n) => `codex_device_${n}=a.b.${n}`).join("; ");
  await post(fixture, "/auth/login", { cookie: many });
  equal(sentTokens(fixture)?.split(" ").length, 8);
});

Deno.test("other calls take no device token along, and a new password renews the cookie", async () => {
  const fixture = await createFixture();
  const token = fixture.auth.signIn("reader");
  const own = { "sec-fetch-site": "same-origin" };
  const both = { cookie: `${cookie(token)["cookie"]}; codex_device_a=${TOKEN}` };
  fixture.answer = () => Response.json({}, { headers: { [DEVICE_TOKEN_HEADER]: TOKEN } });
  const reply = await post(fixture, "/auth/password", { ...both, ...own });
  equal(sentTokens(fixture), null);
  match(reply.headers.get("set-cookie") ?? "", /^codex_device_[\w-]{16}=ey/);
  equal(reply.headers.get(DEVICE_TOKEN_HEADER), null);
  // No other service gives a browser such a cookie.
  const list = await fixture.app.request(`${API_BASE}/libraries`, { headers: bearer(token) });
  equal(list.headers.get("set-cookie"), null);
});

Deno.test("logging out leaves the device known", async () => {
  const fixture = await createFixture();
  const token = fixture.auth.signIn("reader");
  const headers = { ...cookie(token), "sec-fetch-site": "same-origin" };
  const reply = await fixture.app.request(`${API_BASE}/auth/logout`, { method: "POST", headers });
  equal(reply.headers.getSetCookie().length, 1);
  match(reply.headers.get("set-cookie") ?? "", /^codex_session=;/);
});
