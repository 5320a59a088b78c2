import { equal } from "node:assert/strict";
import { type RequestSite, requestSite } from "./request_site.ts";

const PUBLIC = "https://codex.test";

const CASES: [secFetchSite: string | undefined, origin: string | undefined, site: RequestSite][] = [
  ["same-origin", undefined, "own"],
  // Reached by another name than the public URL: the browser vouches all the same.
  ["same-origin", "http://192.0.2.1:8080", "own"],
  ["same-site", PUBLIC, "foreign"],
  ["cross-site", PUBLIC, "foreign"],
  ["none", undefined, "foreign"],
  ["", undefined, "foreign"],
  [undefined, PUBLIC, "own"],
  [undefined, "http://codex.test", "foreign"],
  [undefined, "https://codex.test.evil.example", "foreign"],
  [undefined, "null", "foreign"],
  [undefined, undefined, "unknown"],
];

for (const [secFetchSite, origin, site] of CASES) {
  Deno.test(`Sec-Fetch-Site ${secFetchSite} with Origin ${origin} is ${site}`, () => {
    equal(requestSite({ secFetchSite, origin }, PUBLIC), site);
  });
}
