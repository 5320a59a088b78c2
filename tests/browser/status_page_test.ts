/** The gateway's own pages in a real browser. */
import { deepEqual as equal, ok } from "node:assert/strict";
import { createFixture, type ForwardedCall } from "../../services/gateway/testing/fixture.ts";
import { serveApp } from "../../services/gateway/testing/servers.ts";
import { chromiumMissing, launchChromium, openContext, watchPage } from "./chromium.ts";

/** All well but sync, on a server where nobody can sign in yet. */
function answer({ owner, request }: ForwardedCall): Response {
  if (new URL(request.url).pathname === "/api/v1/setup/status") {
    return Response.json({ setupRequired: true, hasUsers: false, registrationEnabled: false });
  }
  if (owner !== "sync") return Response.json({ status: "ready" });
  const missing = [{ name: "database", problem: "The database can't be reached" }];
  return Response.json({ status: "not_ready", missing }, { status: 503 });
}

async function openPage(path: string) {
  const fixture = await createFixture();
  fixture.answer = answer;
  const { server, url } = serveApp(fixture.app);
  const browser = await launchChromium();
  const page = await (await openContext(browser)).newPage();
  const faults = watchPage(page, url);
  await page.goto(url + path);
  return {
    page,
    faults,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server.shutdown();
    },
  };
}

Deno.test({
  name: "the status page reads well by roles and breaks no content security policy",
  ignore: chromiumMissing,
  fn: async () => {
    await using opened = await openPage("/");
    const { page, faults } = opened;
    equal(await page.title(), "Codex");
    equal(await page.getByRole("status").innerText(), "!\nOne service needs attention");
    const services = page.getByRole("region", { name: "Services" }).getByRole("listitem");
    equal(await services.count(), 6);
    ok((await services.filter({ hasText: "sync" }).innerText()).includes("Not ready"));
    await page.getByRole("heading", { name: "Make the first administrator" }).waitFor();
    const body = await page.locator("body").boundingBox();
    ok(body !== null && body.width < 800, "The stylesheet was not applied");
    equal(faults, []);
  },
});

Deno.test({
  name: "the API documentation lists the calls, tries one, and loads nothing from elsewhere",
  ignore: chromiumMissing,
  fn: async () => {
    await using opened = await openPage("/api/docs");
    const { page, faults } = opened;
    await page.getByRole("link", { name: "Plugins, administration" }).waitFor();
    await page.getByRole("button", { name: /setup.status/i }).first().click();
    await page.getByRole("button", { name: "Try it out" }).click();
    await page.getByRole("button", { name: "Execute", exact: true }).click();
    const shown = page.locator(".live-responses-table");
    await shown.getByText('"setupRequired": true').waitFor();
    equal(faults, []);
  },
});
