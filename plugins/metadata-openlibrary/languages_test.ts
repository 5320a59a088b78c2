import assert from "node:assert/strict";
import { languageTagOf } from "./languages.ts";

Deno.test("codes of either length and sort become BCP 47 tags", () => {
  const expected = {
    eng: "en",
    fre: "fr",
    fra: "fr",
    ger: "de",
    per: "fa",
    fil: "fil",
    "en-us": "en-US",
  };
  for (const [code, tag] of Object.entries(expected)) assert.equal(languageTagOf(code), tag);
  assert.equal(languageTagOf("en_GB"), "en-GB");
});

Deno.test("codes for no, several or unknown languages are none, and so is what is no code", () => {
  for (const code of ["mul", "und", "zxx", "", "english language", "1"]) {
    assert.equal(languageTagOf(code), undefined, code);
  }
});
