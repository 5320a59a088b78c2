/** `storage/*` of plugins, called by plugin-host with the ticket of the process's connection. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { LINE_BYTES_MAX, StorageKeyParams } from "@codex/protocol";
import { callers, type Identity, jsonBody, ProblemError } from "@codex/service";
import type { Sql } from "@codex/service/database";
import {
  clearEntries,
  deleteEntry,
  getEntry,
  listEntries,
  setEntry,
  type SetOutcome,
} from "../db/queries.ts";
import { readEntryLines } from "../domain/entry_lines.ts";
import { fromKeyText, toKeyText } from "../domain/key_text.ts";
import {
  checkKey,
  checkValueBytes,
  type LimitResult,
  type StorageLimits,
} from "../domain/limits.ts";
import { ticketed, type TicketEnv, type VerifyTicket } from "../tickets.ts";

export interface EntryRouteDeps {
  readonly sql: Sql;
  readonly identity: Identity;
  readonly verifyTicket: VerifyTicket;
  readonly limits: StorageLimits;
}

export function entryRoutes({ sql, identity, verifyTicket, limits }: EntryRouteDeps) {
  return new Hono<TicketEnv>()
    .use(callers(identity, "plugin-host"), ticketed(verifyTicket))
    .post("/get", keyLimit, jsonBody(StorageKeyParams), async (c) => {
      const keyText = toKeyText(c.req.valid("json").key);
      const value = await getEntry(sql, c.get("ticket").connectionId, keyText);
      if (value === undefined) return c.json({ data: null }, 200);
      // The value goes out as the text it is stored as: parsing it here would serve nobody.
      const expiry = value.expiresAt ? `,"expiresAt":"${value.expiresAt.toISOString()}"` : "";
      return c.body(`{"data":${value.text}${expiry}}`, 200, { "content-type": "application/json" });
    })
    .post("/set", entryLimit(limits), async (c) => {
      const entry = readEntryLines(new Uint8Array(await c.req.arrayBuffer()));
      if (entry === undefined) {
        throw new ProblemError("bad_request", "Must be two lines of JSON: key and value");
      }
      refuse(checkKey(entry.key, limits));
      refuse(checkValueBytes(entry.valueBytes, limits));
      const outcome = await setEntry(sql, c.get("ticket"), {
        keyText: toKeyText(entry.key),
        valueText: entry.valueText,
        expiresAt: entry.expiresAt === undefined ? undefined : new Date(entry.expiresAt),
      }, limits.keysMax);
      if (outcome !== "stored") throw refusal(outcome, limits);
      return c.json({ success: true }, 200);
    })
    .post("/delete", keyLimit, jsonBody(StorageKeyParams), async (c) => {
      const keyText = toKeyText(c.req.valid("json").key);
      const deleted = await deleteEntry(sql, c.get("ticket").connectionId, keyText);
      return c.json({ deleted }, 200);
    })
    .post("/list", async (c) => {
      const stored = await listEntries(sql, c.get("ticket").connectionId);
      const keys = stored.map(({ keyText, expiresAt, updatedAt }) => ({
        key: fromKeyText(keyText),
        ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
        updatedAt: updatedAt.toISOString(),
      })).sort((a, b) => a.key < b.key ? -1 : 1);
      return c.json({ keys }, 200);
    })
    .post("/clear", async (c) => {
      const deletedCount = await clearEntries(sql, c.get("ticket").connectionId);
      return c.json({ deletedCount }, 200);
    });
}

/** Reading and deleting take any key that a plugin's line can hold. */
const keyLimit = bodyLimit({ maxSize: LINE_BYTES_MAX });

/** More than the longest key with every character escaped, and its expiry. */
const NAME_BYTES_MAX = 16_384;

/** Bounds what a set may bring before any of it is read; the exact limits come after. */
function entryLimit({ valueBytesMax, keyCharactersMax }: StorageLimits) {
  return bodyLimit({
    maxSize: valueBytesMax + NAME_BYTES_MAX,
    onError: () => {
      throw new ProblemError(
        "quota_exceeded",
        `A value has at most ${valueBytesMax} bytes as compact JSON and a key ` +
          `at most ${keyCharactersMax} characters: this is more`,
      );
    },
  });
}

function refuse(result: LimitResult): void {
  if (!result.ok) throw new ProblemError(result.code, result.detail);
}

function refusal(outcome: Exclude<SetOutcome, "stored">, { keysMax }: StorageLimits): ProblemError {
  switch (outcome) {
    case "keys_max":
      return new ProblemError("quota_exceeded", `A connection has at most ${keysMax} keys`);
    case "expires_in_past":
      return new ProblemError("bad_request", '"expiresAt" must be in the future');
    case "not_json":
      return new ProblemError("bad_request", "The value must be JSON");
    case "nested_too_deep":
      return new ProblemError("bad_request", "The value is nested too deep");
    case "purged":
      return new ProblemError("not_found", "The connection is gone");
  }
}
