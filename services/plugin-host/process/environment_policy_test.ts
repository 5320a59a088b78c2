import assert from "node:assert/strict";
import fc from "fast-check";
import { buildEnvironment, judgeVariableName } from "./environment_policy.ts";

const REFUSED = [
  ...["LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "PATH", "HOME", "PYTHONPATH"],
  ...["PYTHONSTARTUP", "NODE_PATH", "NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"],
  ...["NODE_TLS_REJECT_UNAUTHORIZED", "SSL_CERT_DIR", "OPENSSL_CONF", "DENO_DIR", "DENO_FLAGS"],
  ...["BUN_INSTALL", "npm_config_registry", "UV_INDEX_URL", "PIP_INDEX_URL", "BASH_ENV", "ENV"],
  ...["IFS", "SHELL", "USER", "LOGNAME", "GIT_SSH_COMMAND", "SSH_AUTH_SOCK", "HTTP_PROXY"],
  ...["https_proxy", "ALL_PROXY", "no_proxy", "RUBYOPT", "RUBYLIB", "PERL5LIB", "PERL5OPT"],
  ...["MALLOC_ARENA_MAX", "MALLOC_PERTURB_", "GCONV_PATH", "LOCPATH", "TERMINFO"],
  ...["CODEX_ENCRYPTION_KEY", "CODEX_SERVICE_KEY_FILE"],
];

Deno.test("every refused name is refused in any case, with the reason", () => {
  for (const name of REFUSED) {
    const cases = [
      name,
      name.toLowerCase(),
      name.toUpperCase(),
      name[0]?.toLowerCase() + name.slice(1),
    ];
    for (const variant of cases) {
      const judgement = judgeVariableName(variant);
      assert.equal(judgement.allowed, false, variant);
      assert.match(judgement.reason, /refused/);
    }
  }
});

Deno.test("ordinary names are allowed, also those that only look alike", () => {
  for (
    const name of ["API_KEY", "ANILIST_TOKEN", "NODE_ENV", "HOMEPAGE", "MY_PATH", "PROXY", "LDAP"]
  ) {
    assert.deepEqual(judgeVariableName(name), { allowed: true }, name);
  }
});

Deno.test("the environment is what was configured less the refused, and the host's values win", () => {
  const host = { PATH: "/usr/bin", HOME: "/d/home", TMPDIR: "/d/tmp", LANG: "C.UTF-8" };
  const configured = { API_KEY: "k", LD_PRELOAD: "/evil.so", TMPDIR: "/tmp", LANG: "xx" };
  assert.deepEqual(buildEnvironment(configured, host), { API_KEY: "k", ...host });
});

Deno.test("no configured name ever replaces one of the host's", () => {
  const host = { PATH: "p", HOME: "h", TMPDIR: "t", LANG: "l", DENO_DIR: "d" };
  const name = fc.oneof(fc.constantFrom(...Object.keys(host), "path", "Deno_Dir"), fc.string());
  fc.assert(fc.property(fc.dictionary(name, fc.string()), (configured) => {
    const environment = buildEnvironment(configured, host);
    for (const [key, value] of Object.entries(host)) assert.equal(environment[key], value);
    for (const key of Object.keys(environment)) {
      assert.ok(Object.hasOwn(host, key) || judgeVariableName(key).allowed);
    }
  }));
});
