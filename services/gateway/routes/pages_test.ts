/** The gateway's own pages and what they load. */
import { deepEqual as equal, match, ok } from "node:assert/strict";
import { createFixture, type Fixture, type ForwardedCall } from "../testing/fixture.ts";

/** Answers readiness and the setup status as real services do. */
function services(troubles: Record<string, Response> = {}, setupRequired = false) {
  return ({ owner, request }: ForwardedCall): Response => {
    const { pathname } = new URL(request.url);
    if (pathname === "/api/v1/setup/status") {
      return Response.json({ setupRequired, hasUsers: !setupRequired, registrationEnabled: false });
    }
    return troubles[owner]?.clone() ?? Response.json({ status: "ready" });
  };
}

async function pageOf(fixture: Fixture, path = "/"): Promise<string> {
  const reply = await fixture.app.request(path);
  equal(reply.status, 200);
  match(reply.headers.get("content-type") ?? "", /^text\/html/);
  return await reply.text();
}

const NOT_READY = Response.json({
  status: "not_ready",
  missing: [{ name: "database", problem: "The database can't be reached <b>" }],
}, { status: 503 });

Deno.test("the page says that everything runs, and where the API is described", async () => {
  const fixture = await createFixture();
  fixture.answer = services();
  const page = await pageOf(fixture);
  match(page, /^<!doctype html><html lang="en">/);
  match(page, /Everything is running/);
  for (const name of ["gateway", "auth", "library", "plugin-host", "storage", "sync"]) {
    ok(page.includes(`<h3>${name}</h3>`), name);
  }
  match(page, /href="\/api\/docs"/);
  match(page, /href="\/api\/v1\/openapi.json"/);
  ok(!page.includes("setupCode"));
});

Deno.test("the page names what is not well, escaped, and in words as well as colours", async () => {
  const fixture = await createFixture();
  fixture.answer = (call) => {
    if (call.owner === "sync") throw new TypeError("connection refused");
    return services({ library: NOT_READY })(call);
  };
  const page = await pageOf(fixture);
  match(page, /2 services need attention/);
  match(page, /database: The database can&#39;t be reached &lt;b&gt;/);
  match(page, /Not reachable/);
});

Deno.test("the page tells how to make the first administrator, as long as there is none", async () => {
  const fixture = await createFixture();
  fixture.answer = services({}, true);
  match(await pageOf(fixture), /curl http:\/\/codex.test\/api\/v1\/setup\/initialize/);
});

Deno.test("many visitors at a time make one round of questions", async () => {
  const fixture = await createFixture();
  fixture.answer = services();
  await Promise.all(Array.from({ length: 20 }, () => fixture.app.request("/health/ready")));
  equal(fixture.calls.length, 5);
  fixture.clock.advance(1000);
  await fixture.app.request("/health/ready");
  equal(fixture.calls.length, 10);
});

Deno.test("readiness is that of all services, and names those that are not", async () => {
  const fixture = await createFixture();
  fixture.answer = services();
  const well = await fixture.app.request("/health/ready");
  equal([well.status, await well.json()], [200, { status: "ready" }]);
  fixture.clock.advance(1000);
  fixture.answer = services({ library: NOT_READY });
  const reply = await fixture.app.request("/health/ready");
  equal([reply.status, await reply.json()], [503, {
    status: "not_ready",
    missing: [{ name: "library", problem: "database: The database can't be reached <b>" }],
  }]);
  equal((await fixture.app.request("/health/live")).status, 200);
});

for (const path of ["/", "/api/docs"]) {
  Deno.test(`${path} loads nothing but files of this server, and holds no script or style`, async () => {
    const fixture = await createFixture();
    fixture.answer = services({}, true);
    const page = await pageOf(fixture, path);
    ok(!/<style|\sstyle=|\son\w+=|javascript:/.test(page));
    ok(!/<script(?![^>]*\ssrc=)/.test(page));
    const loaded = [...page.matchAll(/<(?:script|link|img)[^>]*?(?:src|href)="([^"]+)"/g)]
      .map((found) => found[1]!);
    ok(loaded.length >= 2);
    for (const file of loaded) {
      match(file, /^\/(?!\/)/);
      const reply = await fixture.app.request(file);
      equal(reply.status, 200, file);
      ok((await reply.text()).length > 0);
      const type = reply.headers.get("content-type") ?? "";
      match(type, /^(text\/css|text\/javascript|image\/svg\+xml); charset=utf-8$/);
    }
  });
}

Deno.test("a browser that has Swagger UI already isn't sent it again", async () => {
  const { app } = await createFixture();
  const first = await app.request("/api/docs/swagger-ui.css");
  const etag = first.headers.get("etag") ?? "";
  const again = await app.request("/api/docs/swagger-ui.css", {
    headers: { "if-none-match": etag },
  });
  equal([again.status, await again.text()], [304, ""]);
});

Deno.test("openapi.json needs no identity and is made once", async () => {
  const { app } = await createFixture();
  const reply = await app.request("/api/v1/openapi.json");
  equal(reply.headers.get("content-type"), "application/json");
  const text = await reply.text();
  equal(JSON.parse(text).openapi, "3.1.0");
  equal(await (await app.request("/api/v1/openapi.json")).text(), text);
});
