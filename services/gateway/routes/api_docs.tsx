/** The description of the API for programs, and for people: Swagger UI, served from here alone. */
import { Hono } from "hono";
import { API_BASE } from "@codex/protocol";
import swaggerVersion from "swagger-ui-dist/package.json" with { type: "json" };
import docsScript from "../assets/docs.js" with { type: "text" };
import docsStyle from "../assets/docs.css" with { type: "text" };
import { openApiDocument } from "../domain/openapi.ts";
import type { GatewayEnv } from "../gateway_env.ts";
import { type Asset, asset, assetResponse } from "./assets.ts";
import { htmlResponse, pageText } from "./page.tsx";

const DOCS = "/api/docs";
const OPENAPI = `${API_BASE}/openapi.json`;

export function apiDocsRoutes(version: string) {
  // What is big or takes long to make is made when it is first asked for, and kept.
  let openApi: Asset | undefined;
  let page: string | undefined;
  let swaggerScript: Asset | undefined;
  let swaggerStyle: Asset | undefined;
  const script = asset(docsScript, "text/javascript");
  const style = asset(docsStyle, "text/css");

  return new Hono<GatewayEnv>()
    .get(OPENAPI, (c) => {
      openApi ??= {
        bytes: new TextEncoder().encode(JSON.stringify(openApiDocument(version))),
        headers: { "content-type": "application/json" },
      };
      return assetResponse(c, openApi);
    })
    .get(DOCS, (c) => {
      page ??= pageText({
        title: "Codex API",
        stylesheets: [`${DOCS}/swagger-ui.css`, `${DOCS}/docs.css`],
        body: <DocsBody />,
      });
      return htmlResponse(c, page);
    })
    .get(`${DOCS}/docs.js`, (c) => assetResponse(c, script))
    .get(`${DOCS}/docs.css`, (c) => assetResponse(c, style))
    .get(`${DOCS}/swagger-ui.js`, async (c) => {
      if (swaggerScript === undefined) {
        const { default: text } = await import("swagger-ui-dist/swagger-ui-bundle.js", {
          with: { type: "text" },
        });
        swaggerScript = asset(text, "text/javascript", swaggerVersion.version);
      }
      return assetResponse(c, swaggerScript);
    })
    .get(`${DOCS}/swagger-ui.css`, async (c) => {
      if (swaggerStyle === undefined) {
        const { default: text } = await import("swagger-ui-dist/swagger-ui.css", {
          with: { type: "text" },
        });
        swaggerStyle = asset(text, "text/css", swaggerVersion.version);
      }
      return assetResponse(c, swaggerStyle);
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
