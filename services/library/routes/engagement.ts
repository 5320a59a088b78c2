/** `/internal/readers`: a reader's progress as sync reads it and adds to it. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import {
  ApplyProgressRequest,
  type EngagedEntry,
  EngagementRequest,
  HeldIdsRequest,
  LibraryEntriesRequest,
  NDJSON,
  SeriesId,
} from "@codex/protocol";
import {
  callers,
  describeError,
  jsonBody,
  path,
  ProblemError,
  type RequestEnv,
  subjectOf,
} from "@codex/service";
import { z } from "zod";
import { findHeldIds, findSeriesName } from "../db/engagement_queries.ts";
import { listLibraryEntries } from "../db/library_entry_queries.ts";
import type { LibraryDeps } from "../deps.ts";
import { applyProgress, streamEngagement } from "../workflows/engagement.ts";

/** A page of a plugin, which comes in one line of at most 4 MiB, and the reader's own matches. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;

export function engagementRoutes(deps: LibraryDeps) {
  const { db, logger } = deps;
  return new Hono<RequestEnv>()
    .use(callers(deps.identity, "sync"))
    .use(bodyLimit({
      maxSize: BODY_BYTES_MAX,
      onError: () => {
        throw new ProblemError("payload_too_large", `At most ${BODY_BYTES_MAX} bytes are taken`);
      },
    }))
    .post("/engagement", jsonBody(EngagementRequest), (c) => {
      const pages = streamEngagement(db, subjectOf(c).userId, c.req.valid("json"));
      const lines = toLines(
        pages,
        (error) =>
          logger.error("The stream of a reader's engagement broke off", describeError(error)),
      );
      return c.body(lines, 200, { "content-type": NDJSON });
    })
    .post("/progress", jsonBody(ApplyProgressRequest), async (c) => {
      const results = await applyProgress(deps, subjectOf(c).userId, c.req.valid("json"));
      return c.json({ results }, 200);
    })
    .post("/library-entries", jsonBody(LibraryEntriesRequest), async (c) => {
      const { userId } = subjectOf(c);
      return c.json({ entries: await listLibraryEntries(db, userId, c.req.valid("json")) }, 200);
    })
    .post(
      "/held-ids",
      jsonBody(HeldIdsRequest),
      async (c) => c.json({ held: await findHeldIds(db, c.req.valid("json")) }, 200),
    )
    .get("/series/:id", path(z.object({ id: SeriesId })), async (c) => {
      const found = await findSeriesName(db, c.req.valid("param").id);
      if (found === undefined) throw new ProblemError("not_found", "There is no such series");
      return c.json(found, 200);
    });
}

/** One JSON object a line; a page is read when the one before has been taken. */
function toLines(
  pages: AsyncGenerator<EngagedEntry[]>,
  onError: (error: unknown) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await pages.next();
        if (done) return controller.close();
        controller.enqueue(encoder.encode(value.map((it) => `${JSON.stringify(it)}\n`).join("")));
      } catch (error) {
        onError(error);
        // The reader sees a broken connection, never a list that only looks whole.
        controller.error(error);
      }
    },
    async cancel() {
      await pages.return(undefined);
    },
  }, { highWaterMark: 0 });
}
