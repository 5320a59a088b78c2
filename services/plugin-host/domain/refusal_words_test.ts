import assert from "node:assert/strict";
import { refusalWords } from "./refusal_words.ts";

const at2 = refusalWords({ level: 2, network: ["api.example.org"] });
const at3 = refusalWords({ level: 3, network: ["api.example.org"] });

Deno.test("what Deno refuses is told in the platform's words", () => {
  const run = (kind: string) => `run again with the --allow-${kind} flag`;
  assert.equal(
    at2(`TypeError: Requires net access to "b.example:443", ${run("net")}`),
    "TypeError: Host b.example:443 is not granted: add it to network in codex-plugin.json and have it granted",
  );
  const write = `NotCapable: Requires write access to "/data/x", ${run("write")}`;
  assert.equal(
    at2(write),
    `NotCapable: "/data/x" can't be written: what has to last goes through storage/*`,
  );
  assert.equal(
    at3(write),
    `NotCapable: "/data/x" can't be written: a plugin writes to its dataDir alone`,
  );
  const read = `Requires read access to "/etc/passwd", ${run("read")}`;
  assert.equal(at2(read), `"/etc/passwd" can't be read: a plugin reads its own folder alone`);
  assert.match(at3(read), /own folder and its dataDir alone$/);
  assert.equal(
    at2(`Requires run access to "ls", ${run("run")}`),
    'No Deno plugin has "run" access',
  );
  assert.equal(at2(`Requires env access, ${run("env")}`), 'No Deno plugin has "env" access');
  assert.equal(
    at2(
      'A remote specifier was requested: "https://a.example/x.js", but --no-remote is specified.',
    ),
    `Module "https://a.example/x.js" is not loaded: bundle it into the plugin's folder`,
  );
  assert.match(
    at2("npm specifiers were requested; but --no-npm is specified"),
    /npm is not loaded/,
  );
});

Deno.test("what a sandbox refuses others is told as far as they tell what it was", () => {
  const node = "Error: getaddrinfo ENOTFOUND other.example";
  assert.equal(
    at3(node),
    `${node} (it is not granted: add it to network in codex-plugin.json and have it granted)`,
  );
  const python = "socket.gaierror: [Errno -2] Name or service not known";
  assert.match(at3(python), /known \(only granted hosts have names here/);
  for (
    const said of [
      "EROFS: read-only file system, open '/x'",
      "[Errno 30] Read-only file system: '/x'",
    ]
  ) assert.equal(at3(said), `${said} (a plugin writes to its dataDir alone)`);
  // The service's own fault, and where nothing is refused.
  for (
    const said of ["getaddrinfo ENOTFOUND api.example.org", "getaddrinfo ENOTFOUND API.example.org"]
  ) {
    assert.equal(at3(said), said);
  }
  for (const said of [node, python]) {
    assert.equal(at2(said), said);
    assert.equal(refusalWords({ level: 3, network: ["*"] })(said), said);
  }
});

Deno.test("other text stays as it is, and hostile text costs no more than its length", () => {
  for (const text of ["", "Requires net access", 'Requires net access to "a b"', "ready"]) {
    assert.equal(at3(text), text);
  }
  const hostile = 'Requires net access to "'.repeat(100_000);
  assert.equal(at3(hostile), hostile);
});
