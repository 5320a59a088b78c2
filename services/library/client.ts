/** What other services use of library, over HTTP. */
import { hc } from "hono/client";
import {
  ApplyProgressAnswer,
  Empty,
  EngagedEntry,
  HeldIdsAnswer,
  LibraryEntriesAnswer,
  type LibraryService,
  SeriesName,
} from "@codex/protocol";
import {
  createServiceFetch,
  readLines,
  readReply,
  type ServiceClientOptions,
} from "@codex/service";
import type { App } from "./app.ts";

const SERVICE = "library";
/** A reader with tens of thousands of series, on a small machine. */
const LONG_DEADLINE_MS = 120_000;

export function createLibraryClient(
  options: Omit<ServiceClientOptions, "audience">,
): LibraryService {
  const serviceFetch = createServiceFetch({ ...options, audience: SERVICE });
  const client = (context: Parameters<typeof serviceFetch>[0], deadlineMs?: number) =>
    hc<App>(options.baseUrl, { fetch: serviceFetch(context, deadlineMs) });
  return {
    async *streamEngagement(context, request) {
      const { readers } = client(context, LONG_DEADLINE_MS).internal;
      // Hono types the reply without what Deno's `fetch` gives: a body to read.
      const reply: Pick<Response, "ok" | "status" | "headers" | "json" | "body"> = await readers
        .engagement.$post({ json: request });
      yield* readLines(SERVICE, EngagedEntry, reply);
    },
    async applyProgress(context, request) {
      const { readers } = client(context, LONG_DEADLINE_MS).internal;
      const reply = await readers.progress.$post({ json: request });
      return (await readReply(SERVICE, ApplyProgressAnswer, reply)).results;
    },
    async listLibraryEntries(context, request) {
      const { readers } = client(context, LONG_DEADLINE_MS).internal;
      const reply = await readers["library-entries"].$post({ json: request });
      return (await readReply(SERVICE, LibraryEntriesAnswer, reply)).entries;
    },
    async findHeldIds(context, request) {
      const reply = await client(context).internal.readers["held-ids"].$post({ json: request });
      return (await readReply(SERVICE, HeldIdsAnswer, reply)).held;
    },
    async getSeriesName(context, seriesId) {
      const reply = await client(context).internal.readers.series[":id"]
        .$get({ param: { id: seriesId } });
      return await readReply(SERVICE, SeriesName, reply);
    },
    async purgeConnection(context, connectionId) {
      const reply = await client(context).internal.connections[":id"]
        .$delete({ param: { id: connectionId } });
      await readReply(SERVICE, Empty, reply);
    },
    async purgeUser(context, userId) {
      const reply = await client(context).internal.users[":id"]
        .$delete({ param: { id: userId } });
      await readReply(SERVICE, Empty, reply);
    },
  };
}
