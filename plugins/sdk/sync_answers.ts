/** Puts answers of sync handlers into the protocol's form, and refuses what the host would. */
import { InternalError } from "./errors.ts";
import { isRecord } from "./json_rpc.ts";
import {
  type PullAnswer,
  PUSH_STATUSES,
  type PushAnswer,
  type PushResult,
  READING_STATUSES,
  type SyncEntry,
  type SyncStatus,
  type UserInfo,
} from "./sync.ts";

/** Each throws InternalError for what only an author without type checking can return. */

export function writeUserInfo(info: UserInfo): UserInfo {
  if (isRecord(info) && isText(info.externalId) && isText(info.username)) return info;
  throw new InternalError('"getUserInfo" must return {externalId, username}');
}

/** Results are sorted into the list that their status belongs to. */
export function writePushAnswer(answer: PushAnswer): PushAnswer {
  if (!isObject(answer)) throw new InternalError('"pushProgress" must return {success, failed}');
  const results = [...listOf(answer.success), ...listOf(answer.failed)];
  for (const result of results) checkResult(result);
  const hasFailed = ({ status }: PushResult) => status === "failed";
  return {
    ...answer,
    success: results.filter((result) => !hasFailed(result)),
    failed: results.filter(hasFailed),
  };
}

export function writePullAnswer(answer: PullAnswer): PullAnswer & { hasMore: boolean } {
  if (!isRecord(answer) || !Array.isArray(answer.entries)) {
    throw new InternalError('"pullProgress" must return {entries: [...]}');
  }
  for (const entry of answer.entries) checkEntry(entry);
  const hasMore = (answer.nextCursor ?? undefined) !== undefined;
  return { ...answer, hasMore };
}

export function writeStatus(status: SyncStatus): SyncStatus {
  if (!isObject(status)) throw new InternalError('"status" must return an object');
  const { pendingPush = 0, pendingPull = 0, conflicts = 0 } = status;
  return { ...status, pendingPush, pendingPull, conflicts };
}

function checkResult(result: PushResult): void {
  if (!isRecord(result) || typeof result.externalId !== "string") {
    throw new InternalError('What "pushProgress" returns needs an "externalId"');
  }
  if (!PUSH_STATUSES.includes(result.status)) {
    throw new InternalError(
      `Result "${result.externalId}" needs a "status": ${PUSH_STATUSES.join(", ")}`,
    );
  }
}

function checkEntry(entry: SyncEntry): void {
  if (!isRecord(entry) || !isText(entry.externalId)) {
    throw new InternalError('What "pullProgress" returns needs an "externalId"');
  }
  if (!READING_STATUSES.includes(entry.status)) {
    throw new InternalError(
      `Entry "${entry.externalId}" needs a "status": ${READING_STATUSES.join(", ")}`,
    );
  }
}

function listOf<Item>(list: readonly Item[] | undefined): readonly Item[] {
  return Array.isArray(list) ? list : [];
}

/** Narrows nothing: with every field optional, what isn't a record is of no type at all. */
function isObject(value: unknown): boolean {
  return isRecord(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
