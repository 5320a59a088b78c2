/** The description of the API for programs, and for people: Swagger UI, served from here alone. */
import { Hono } from "hono";
import { API_BASE } from "@codex/protocol";
import swaggerVersion from "swagger-ui-dist/package.json" with { type: "json" };
import docsScript from "../assets/docs.js" with { type: "text" };
import docsStyle from "../assets/docs.css" with { type: "text" };
import { openApiDocument } from "../domain/openapi.ts";
import type { GatewayEnv } from "../gateway_env.ts";
import { assetResponse } from "./assets.ts";
import { pageResponse } from "./page.tsx";

const DOCS = "/api/docs";
const OPENAPI = `${API_BASE}/openapi.json`;

export function apiDocsRoutes(version: string) {
  let openApi: string | undefined;

  return new Hono<GatewayEnv>()
    .get(OPENAPI, (c) => {
      openApi ??= JSON.stringify(openApiDocument(version));
      return c.body(openApi, 200, { "content-type": "application/json" });
    })
    .get(DOCS, (c) =>
      pageResponse(c, {
        title: "Codex API",
        stylesheets: [`${DOCS}/swagger-ui.css`, `${DOCS}/docs.css`],
        body: <DocsBody />,
      }))
    .get(`${DOCS}/docs.js`, (c) => assetResponse(c, docsScript, "text/javascript"))
    .get(`${DOCS}/docs.css`, (c) => assetResponse(c, docsStyle, "text/css"))
    .get(`${DOCS}/swagger-ui.js`, async (c) => {
      // Two megabytes: read when first asked for, since most servers never are.
      const { default: script } = await import("swagger-ui-dist/swagger-ui-bundle.js", {
        with: { type: "text" },
      });
      return assetResponse(c, script, "text/javascript", swaggerVersion.version);
    })
    .get(`${DOCS}/swagger-ui.css`, async (c) => {
      const { default: style } = await import("swagger-ui-dist/swagger-ui.css", {
        with: { type: "text" },
      });
      return assetResponse(c, style, "text/css", swaggerVersion.version);
    });
}

const DocsBody = () => (
  <>
    <header class="bar">
      <a href="/">Codex</a>
      <a href={OPENAPI}>openapi.json</a>
    </header>
    <main id="swagger-ui" data-description={OPENAPI}></main>
    <noscript>
      This page needs JavaScript; <a href={OPENAPI}>openapi.json</a> holds the same.
    </noscript>
    <script src={`${DOCS}/swagger-ui.js`}></script>
    <script src={`${DOCS}/docs.js`}></script>
  </>
);
