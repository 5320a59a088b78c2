/** A browser for tests, and a record of what its pages did that they should not. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { requireTool } from "../../infra/test/tools.ts";

export const chromiumMissing = requireTool("chromium") === "skip";

/** Runs as root in containers, without a graphics card, and calls nobody by itself. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Containers have little of it, and a page that finds none crashes.
  "--disable-dev-shm-usage",
];

/** Of the start and of each step; what Playwright grants is short for a busy machine. */
const TIMEOUT_MS = 120_000;

export async function launchChromium(): Promise<Browser> {
  const { chromium } = await loadPlaywright();
  return await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ARGUMENTS,
    timeout: TIMEOUT_MS,
  });
}

/** A browser's user, without cookies. */
export async function openContext(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext();
  context.setDefaultTimeout(TIMEOUT_MS);
  return context;
}

/**
 * Playwright looks for WSL below /proc as it is loaded, which Deno allows only with all permissions.
 * This variable, which the package `is-wsl` reads for its own tests, leaves that out.
 */
async function loadPlaywright() {
  Deno.env.set("__IS_WSL_TEST__", "true");
  try {
    return await import("playwright-core");
  } finally {
    Deno.env.delete("__IS_WSL_TEST__");
  }
}

/**
 * Collects, while the page lives, its console errors and warnings (broken content security policies
 * among them), exceptions, failed requests, and requests to anywhere but `origin`.
 */
export function watchPage(page: Page, origin: string): string[] {
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      faults.push(`${message.type()}: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("requestfailed", (request) => faults.push(`failed: ${request.url()}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith("data:") && new URL(url).origin !== origin) {
      faults.push(`outside: ${url}`);
    }
  });
  return faults;
}
