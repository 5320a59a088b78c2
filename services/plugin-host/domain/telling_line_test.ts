import assert from "node:assert/strict";
import { tellingLine } from "./telling_line.ts";

/** What runtimes wrote of broken plugins, and the line that says why. */
const LOGS: readonly (readonly [log: string, telling: string | undefined])[] = [
  [
    `node:internal/modules/esm/resolve:873
  throw new ERR_MODULE_NOT_FOUND(packageName, fileURLToPath(base), null);
        ^

Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'nope' imported from /p/plugin.mjs
    at packageResolve (node:internal/modules/esm/resolve:873:9)`,
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'nope' imported from /p/plugin.mjs",
  ],
  [
    `file:///p/plugin.mjs:2
let b = ;
        ^

SyntaxError: Unexpected token ';'
    at compileSourceTextModule (node:internal/modules/esm/utils:346:16)

Node.js v20.20.2`,
    "SyntaxError: Unexpected token ';' (plugin.mjs, line 2)",
  ],
  [
    `(node:7) Warning: something old
TypeError: bad thing
    at f (file:///p/plugin.mjs:1:21)
    at file:///p/plugin.mjs:2:1`,
    "TypeError: bad thing (plugin.mjs, line 1)",
  ],
  [
    `Traceback (most recent call last):
  File "/p/plugin.py", line 3, in <module>
    f()
  File "/p/lib/reader.py", line 2, in f
    raise ValueError("bad")
ValueError: bad`,
    "ValueError: bad (reader.py, line 2)",
  ],
  [
    `  File "/p/plugin.py", line 2
    def f(:
          ^
SyntaxError: invalid syntax`,
    "SyntaxError: invalid syntax (plugin.py, line 2)",
  ],
  [
    `Traceback (most recent call last):
  File "/p/plugin.py", line 1, in <module>
    assert False
AssertionError`,
    "AssertionError (plugin.py, line 1)",
  ],
  [
    `error: Module not found "file:///p/missing.ts".
    at file:///p/main.ts:1:8

Stack backtrace:
   0: <unknown>`,
    'Module not found "file:///p/missing.ts". (main.ts, line 1)',
  ],
  [
    `starting
error: Uncaught (in promise) TypeError: bad thing
function f(){ throw new TypeError("bad thing"); }
                    ^
    at f (file:///p/main.ts:1:21)`,
    "Uncaught (in promise) TypeError: bad thing (main.ts, line 1)",
  ],
  [
    "/usr/bin/env: 'node': No such file or directory",
    "/usr/bin/env: 'node': No such file or directory",
  ],
  ["sh: 1: nodee: not found", "sh: 1: nodee: not found"],
  ["connecting\nready\nan error: it was seen", undefined],
  ["", undefined],
];

Deno.test("the line that says why is found as each runtime writes it, with its place", () => {
  for (const [log, telling] of LOGS) assert.equal(tellingLine(log.split("\n")), telling);
});

Deno.test("a line is cut, however long and odd it is", () => {
  const long = tellingLine([`error: ${"x".repeat(100_000)}`]) ?? "";
  assert.equal(long.length, 500);
  assert.equal(
    tellingLine(["(".repeat(4096), "/".repeat(4096), `at ${"(".repeat(4000)}`]),
    undefined,
  );
});
