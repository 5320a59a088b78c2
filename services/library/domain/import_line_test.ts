import assert from "node:assert/strict";
import { readImportLine } from "./import_line.ts";

function read(line: string | Uint8Array) {
  return readImportLine(typeof line === "string" ? new TextEncoder().encode(line) : line);
}

Deno.test("a line with a key and a title is enough", () => {
  const line = read('{"key":"k","title":"T"}\r');
  assert.equal(line.kind, "series");
  assert.deepEqual(line.series.books, []);
});

Deno.test("lines of white space hold nothing", () => {
  for (const text of ["", "  ", "\t\r"]) assert.equal(read(text).kind, "blank");
});

Deno.test("of what is no JSON the column is told, and no other line than the file's", () => {
  const result = read("{key");
  assert.equal(result.kind, "fault");
  const { detail } = result.fault;
  assert.match(detail, /at position 1$/);
  assert.doesNotMatch(detail, /line 1/);
});

Deno.test("each kind of fault is told apart", () => {
  const code = (line: string | Uint8Array) => {
    const result = read(line);
    return result.kind === "fault" ? result.fault.code : result.kind;
  };
  assert.equal(code("{"), "bad_json");
  assert.equal(code(Uint8Array.of(0x22, 0xff, 0x22)), "invalid_utf8");
  assert.equal(code("[]"), "invalid");
  assert.equal(code('{"key":"k"}'), "invalid");
  assert.equal(code('{"key":"","title":"T"}'), "invalid");
  assert.equal(
    code(`{"key":"k","title":"T","metadata":${"[".repeat(100)}${"]".repeat(100)}}`),
    "invalid",
  );
});

Deno.test("a fault names the field and the line's key", () => {
  const line = read('{"key":"k","title":"T","books":[{"key":"b"}]}');
  assert.equal(line.kind, "fault");
  assert.equal(line.fault.key, "k");
  assert.match(line.fault.detail, /\/books\/0\/title/);
});

Deno.test("null reads as missing, an unknown enumeration value is left out and told", () => {
  const line = read(
    '{"key":"k","title":"T","metadata":{"year":null,"status":"nope","genres":null}}',
  );
  assert.equal(line.kind, "series");
  assert.equal(line.series.metadata.status, undefined);
  assert.deepEqual(line.ignored.map(({ pointer }) => pointer), ["/metadata/status"]);
});

Deno.test("text that the database can't keep is made storable", () => {
  const line = read('{"key":"k","title":"a\\u0000b\\ud800"}');
  assert.equal(line.kind, "series");
  assert.equal(line.series.title, "a\uFFFDb\uFFFD");
});

Deno.test("of a line whose lists hold nothing but faults the first few thousand are looked at", () => {
  const wrong = Array.from({ length: 20_000 }, () => 0);
  const result = read(JSON.stringify({ key: "k", title: "T", books: wrong, externalIds: wrong }));
  assert.equal(result.kind, "fault");
  const more = Number(/and (\d+) more$/.exec(result.fault.detail)?.[1]);
  assert.ok(more < 10_000, result.fault.detail);
});
