import { deepEqual as equal } from "node:assert/strict";
import { type Role, type Scope, SCOPES, SCOPES_OF_ROLE } from "@codex/protocol";
import { refusalToToken, type UserAct } from "./token_reach.ts";

const NEEDS_SESSION = "needs_session";
const only = ["users:admin"] as const;
const asReader = [...only, ...SCOPES_OF_ROLE.reader];
const asMaintainer = [...only, ...SCOPES_OF_ROLE.maintainer];

const CASES: [act: string, scopes: readonly Scope[], act: UserAct, lacks: string][] = [
  ["make a reader", only, act(undefined, "reader", true), SCOPES_OF_ROLE.reader.join()],
  ["make a reader", asReader, act(undefined, "reader", true), ""],
  ["make a maintainer", asReader, act(undefined, "maintainer", true), "library:write"],
  ["make an administrator", SCOPES, act(undefined, "admin", true), NEEDS_SESSION],
  [
    "set a reader's password",
    ["users:admin", "account"],
    act("reader", undefined, true),
    [
      "library:read",
      "progress:write",
      "plugins:use",
    ].join(),
  ],
  ["set a reader's password", asReader, act("reader", undefined, true), ""],
  ["set an administrator's password", SCOPES, act("admin", undefined, true), NEEDS_SESSION],
  ["raise a reader", asReader, act("reader", "maintainer"), "library:write"],
  ["raise a reader", [...only, "library:write"], act("reader", "maintainer"), ""],
  ["raise a reader to administrator", SCOPES, act("reader", "admin"), NEEDS_SESSION],
  ["lower a maintainer", only, act("maintainer", "reader"), ""],
  ["lower an administrator", SCOPES, act("admin", "reader"), NEEDS_SESSION],
  ["lower a maintainer with a new password", asReader, act("maintainer", "reader", true), ""],
  ["raise a reader with a new password", asMaintainer, act("reader", "maintainer", true), ""],
  ["change a reader's email, or delete one", only, act("reader"), ""],
  ["change an administrator's email, or delete one", SCOPES, act("admin"), NEEDS_SESSION],
];

function act(role: Role | undefined, newRole?: Role, setsPassword = false): UserAct {
  return { role, newRole, setsPassword };
}

for (const [name, scopes, userAct, lacks] of CASES) {
  const what = lacks === "" ? "may" : lacks === NEEDS_SESSION ? "can't" : "lacks what it takes to";
  Deno.test(`a token with ${scopes.length} scopes ${what} ${name}`, () => {
    const refusal = refusalToToken({ scopes, isToken: true }, userAct);
    const found = refusal?.kind === "beyond_token" ? refusal.scopes.join() : refusal?.kind ?? "";
    equal(found, lacks);
    equal(refusalToToken({ scopes: SCOPES, isToken: false }, userAct), undefined);
  });
}
