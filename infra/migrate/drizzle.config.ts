/** What drizzle-kit is told about one service; `generate.ts` names it. */
import process from "node:process";
import { defineConfig } from "drizzle-kit";

const service = process.env["CODEX_GENERATE_SERVICE"];

export default defineConfig({
  dialect: "postgresql",
  schema: `services/${service}/db/schema.ts`,
  out: `services/${service}/db/migrations`,
});
