/** Ids of series and books at other services. */
import { Hono } from "hono";
import { z } from "zod";
import { NewExternalId, PathIds } from "@codex/protocol";
import { jsonBody, path, type RequestEnv, requireScope, subjectOf } from "@codex/service";
import type { LibraryDeps } from "../deps.ts";
import type { Kind } from "../domain/document.ts";
import { externalIdsOf, withIds } from "../domain/external_ids.ts";
import { storableText } from "../domain/storable_text.ts";
import { addExternalId, removeExternalId } from "../workflows/documents.ts";
import { findOrRefuse } from "../workflows/enrich.ts";

const ExternalIdPath = PathIds.extend({ externalIdId: z.uuid().toLowerCase() });

export function externalIdRoutes(deps: LibraryDeps, kind: Kind) {
  return new Hono<RequestEnv>()
    .get("/:id/external-ids", requireScope("library:read"), path(PathIds), async (c) => {
      const { id, fields } = await findOrRefuse(deps, kind, c.req.valid("param").id);
      return c.json({ items: withIds(id, externalIdsOf(fields)) }, 200);
    })
    .post(
      "/:id/external-ids",
      requireScope("library:write"),
      path(PathIds),
      jsonBody(NewExternalId),
      async (c) => {
        const { id } = c.req.valid("param");
        const { source, externalId } = c.req.valid("json");
        const added = { source: storableText(source), externalId: storableText(externalId) };
        return c.json(await addExternalId(deps, subjectOf(c).userId, kind, id, added), 201);
      },
    )
    .delete(
      "/:id/external-ids/:externalIdId",
      requireScope("library:write"),
      path(ExternalIdPath),
      async (c) => {
        const { id, externalIdId } = c.req.valid("param");
        await removeExternalId(deps, subjectOf(c).userId, kind, id, externalIdId);
        return c.json({}, 200);
      },
    );
}
