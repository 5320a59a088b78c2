import assert from "node:assert/strict";
import {
  charactersAtMost,
  fitValue,
  type Json,
  LIST_ITEMS_MAX,
  misfitsOf,
  plainWords,
  SUMMARY_BYTES_MAX,
  TEXT_CHARACTERS_MAX,
  TITLE_CHARACTERS_MAX,
  URL_CHARACTERS_MAX,
} from "./mod.ts";

/** The largest value that fits, and the smallest that doesn't. */
const BOUNDS: readonly [field: string, fits: Json, tooLarge: Json, pointer: string][] = [
  ["title", text(TITLE_CHARACTERS_MAX), text(TITLE_CHARACTERS_MAX + 1), "title"],
  // Characters, not UTF-16 units.
  ["title", text(TITLE_CHARACTERS_MAX, "😀"), text(TITLE_CHARACTERS_MAX + 1, "😀"), "title"],
  ["subtitle", text(TITLE_CHARACTERS_MAX), text(TITLE_CHARACTERS_MAX + 1), "subtitle"],
  ["originalTitle", text(TITLE_CHARACTERS_MAX), text(TITLE_CHARACTERS_MAX + 1), "originalTitle"],
  ["summary", text(SUMMARY_BYTES_MAX), text(SUMMARY_BYTES_MAX + 1), "summary"],
  // Bytes, not characters.
  ["summary", text(SUMMARY_BYTES_MAX / 2, "ä"), text(SUMMARY_BYTES_MAX / 2 + 1, "ä"), "summary"],
  ["publisher", text(TEXT_CHARACTERS_MAX), text(TEXT_CHARACTERS_MAX + 1), "publisher"],
  ["coverUrl", address(URL_CHARACTERS_MAX), address(URL_CHARACTERS_MAX + 1), "coverUrl"],
  ["tags", list(LIST_ITEMS_MAX), list(LIST_ITEMS_MAX + 1), "tags"],
  ["tags", [text(TEXT_CHARACTERS_MAX)], [text(TEXT_CHARACTERS_MAX + 1)], "tags/0"],
  ["authors", list(LIST_ITEMS_MAX, { name: "a" }), list(LIST_ITEMS_MAX + 1), "authors"],
  ["authors", [{ name: "a" }], [{ name: text(TEXT_CHARACTERS_MAX + 1) }], "authors/0/name"],
  ["alternateTitles", [{ title: text(TITLE_CHARACTERS_MAX) }], [{
    title: text(TITLE_CHARACTERS_MAX + 1),
  }], "alternateTitles/0/title"],
  ["externalLinks", [{ url: address(URL_CHARACTERS_MAX), label: text(TEXT_CHARACTERS_MAX) }], [{
    url: address(100),
    label: text(TEXT_CHARACTERS_MAX + 1),
  }], "externalLinks/0/label"],
  [
    "externalLinks",
    [{ url: address(100) }],
    [{ url: address(URL_CHARACTERS_MAX + 1) }],
    "externalLinks/0/url",
  ],
  ["rating", { score: 1, source: "s" }, { source: text(TEXT_CHARACTERS_MAX + 1) }, "rating/source"],
  ["customMetadata", { a: [{ b: text(SUMMARY_BYTES_MAX) }] }, {
    a: [{ b: text(SUMMARY_BYTES_MAX + 1) }],
  }, "customMetadata/a/0/b"],
  [
    "customMetadata",
    { a: list(LIST_ITEMS_MAX) },
    { a: list(LIST_ITEMS_MAX + 1) },
    "customMetadata/a",
  ],
  ["customMetadata", fields(LIST_ITEMS_MAX), fields(LIST_ITEMS_MAX + 1), "customMetadata"],
];

Deno.test("each limit of a document takes what just fits, and names what just doesn't", () => {
  for (const [field, fits, tooLarge, place] of BOUNDS) {
    assert.deepEqual(misfitsOf(field, fits), [], place);
    const found = misfitsOf(field, tooLarge);
    assert.deepEqual(found.map(({ path }) => path.join("/")), [place]);
    assert.match(found[0]?.detail ?? "", /^Must have at most \d+ .+: has \d+$/);
  }
});

Deno.test("what is too large is left out with the item or field that holds it", () => {
  const long = text(TEXT_CHARACTERS_MAX + 1);
  const huge = text(SUMMARY_BYTES_MAX + 1);
  const fitted = (field: string, value: Json) => fitValue(field, value).value;
  assert.equal(fitted("summary", huge), undefined);
  assert.deepEqual(fitted("tags", ["a", long, "b"]), ["a", "b"]);
  assert.equal(fitted("tags", list(LIST_ITEMS_MAX + 1)), undefined);
  assert.deepEqual(fitted("authors", [{ name: "A", sortName: long }, { name: "B" }]), [
    { name: "B" },
  ]);
  assert.equal(fitted("rating", { score: 1, source: long }), undefined);
  assert.deepEqual(fitted("customMetadata", { a: 1, b: { c: huge } }), { a: 1 });
  assert.equal(fitted("customMetadata", fields(LIST_ITEMS_MAX + 1)), undefined);
  const same = ["a"];
  assert.equal(fitValue("tags", same).value, same);
});

Deno.test("an address that no browser should be led to doesn't come in", () => {
  const detail = "Must be an address that begins with http:// or https://";
  for (const url of ["javascript:alert(1)", "data:text/html,a", "file:///etc/passwd", "/a", ""]) {
    assert.deepEqual(misfitsOf("coverUrl", url), [{ path: ["coverUrl"], detail }]);
    const links = [{ url, label: "a" }, { url: "HTTP://example.org", label: "b" }];
    const { value, leftOut } = fitValue("externalLinks", links);
    assert.deepEqual(value, [links[1]!]);
    assert.deepEqual(leftOut, [{ path: ["externalLinks", 0, "url"], detail }]);
  }
  assert.deepEqual(misfitsOf("customMetadata", { url: "anything" }), []);
});

Deno.test("a field of the name of a prototype is a field", () => {
  const raw: Json = JSON.parse(`{"__proto__":{"a":1},"b":"${text(SUMMARY_BYTES_MAX + 1)}"}`);
  assert.equal(JSON.stringify(fitValue("customMetadata", raw).value), '{"__proto__":{"a":1}}');
});

Deno.test("a text's characters are code points", () => {
  const schema = charactersAtMost(3);
  assert.ok(schema.safeParse("😀😀😀").success);
  const refused = schema.safeParse("😀😀😀😀", { error: plainWords });
  assert.equal(refused.error?.issues[0]?.message, "Must have at most 3 characters");
});

function text(length: number, character = "a"): string {
  return character.repeat(length);
}

function address(length: number): string {
  return "https://example.org/".padEnd(length, "a");
}

function list(length: number, item: Json = "a"): Json[] {
  return Array<Json>(length).fill(item);
}

function fields(count: number): Json {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, at]));
}
