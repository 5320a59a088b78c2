/** The first administrator: made once, by whoever can read the server's output. */
import { constantTimeEqual, constantTimeEqualText, hashToken, issueToken } from "@codex/crypto";
import type { z } from "zod";
import type { SetupRequest } from "@codex/protocol";
import { insertAuditLine } from "../db/audit_queries.ts";
import {
  claimSetup,
  deleteSetupCodes,
  insertSetupCode,
  isSetupDone,
  listSetupCodeHashes,
} from "../db/setup_queries.ts";
import { anyUserExists, insertUser } from "../db/user_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { SETUP_CODE_PREFIX } from "../domain/token_kinds.ts";
import { usernameKey } from "../domain/username.ts";
import { admitSetup, type Throttled } from "../guesses/admission.ts";
import type { Client } from "../guesses/client.ts";
import { type StartedSession, startSession } from "./sessions.ts";

export type SetupResult =
  | { readonly kind: "done"; readonly started: StartedSession }
  | { readonly kind: "already_done" }
  | { readonly kind: "wrong_code" }
  | Throttled;

type SetupDeps = Pick<
  AuthDeps,
  "db" | "now" | "random" | "passwords" | "throttles" | "devices" | "delay" | "setupCode"
>;

export async function setupStatus(deps: Pick<AuthDeps, "db">) {
  const [done, hasUsers] = await Promise.all([isSetupDone(deps.db), anyUserExists(deps.db)]);
  return { setupRequired: !done, hasUsers, registrationEnabled: false };
}

/**
 * The code to print at start, or null when setup is done or the code is configured. Kept as a hash in
 * the database, so that any replica takes the code that another one printed.
 */
export async function prepareSetupCode(
  deps: Pick<AuthDeps, "db" | "now" | "random" | "setupCode">,
): Promise<string | null> {
  if (deps.setupCode !== null || await isSetupDone(deps.db)) return null;
  const { token, hash } = issueToken(SETUP_CODE_PREFIX, deps.random);
  await insertSetupCode(deps.db, hash, new Date(deps.now()));
  return token;
}

/** Makes the administrator and signs them in. Of any number of attempts at once exactly one succeeds. */
export async function initializeSetup(
  deps: SetupDeps,
  request: z.output<typeof SetupRequest>,
  client: Client,
): Promise<SetupResult> {
  if (await isSetupDone(deps.db)) return { kind: "already_done" };
  const admission = await admitSetup(deps, client);
  if (admission.kind === "throttled") return admission;
  if (!await isSetupCode(deps, request.setupCode)) return { kind: "wrong_code" };

  const { username, email } = request;
  const passwordHash = await deps.passwords.hash(request.password);
  const createdAt = new Date(deps.now());
  return await deps.db.transaction(async (tx): Promise<SetupResult> => {
    if (!await claimSetup(tx, createdAt)) return { kind: "already_done" };
    const user = await insertUser(tx, {
      username,
      usernameKey: usernameKey(username),
      email,
      role: "admin",
      passwordHash,
      createdAt,
    });
    if (user === undefined) throw new Error("A user exists although setup was not done");
    await deleteSetupCodes(tx);
    await insertAuditLine(tx, {
      at: createdAt,
      source: "auth",
      actorId: user.id,
      action: "setup.done",
      target: user.id,
    });
    return { kind: "done", started: await startSession(deps, tx, user, client) };
  });
}

async function isSetupCode(deps: SetupDeps, code: string): Promise<boolean> {
  if (deps.setupCode !== null) return constantTimeEqualText(deps.setupCode, code.trim());
  const given = hashToken(code.trim());
  const accepted = await listSetupCodeHashes(deps.db);
  return accepted.map((hash) => constantTimeEqual(hash, given)).includes(true);
}
