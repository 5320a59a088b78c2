import { equal } from "node:assert/strict";
import { hiding } from "./hidden_secrets.ts";

Deno.test("secrets are hidden in every form that a provider may repeat them in", () => {
  const hide = hiding(['s3/cr+et"!', null, undefined, ""]);
  for (const form of ['s3/cr+et"!', "s3%2Fcr%2Bet%22!", "s3%2Fcr%2Bet%22%21", 's3/cr+et\\"!']) {
    equal(hide(`Not ${form}, nor ${form}`), "Not […], nor […]");
  }
  equal(hide("Nothing of it"), "Nothing of it");
  equal(hiding(["Abc-Def"])('"abc-def.example"'), '"[…].example"');
});

Deno.test("of two secrets that begin alike the longer one is hidden as a whole", () => {
  equal(hiding(["abc", "abcdef"])("abcdef abc"), "[…] […]");
  equal(hiding([])("abc"), "abc");
});
