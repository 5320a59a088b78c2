/** Storage as other services call it. */
import { hc } from "hono/client";
import { z } from "zod";
import {
  type Json,
  StorageClearResult,
  StorageDeleteResult,
  StorageGetResult,
  StorageListResult,
  type StorageService,
  StorageSetResult,
  StorageUse,
} from "@codex/protocol";
import {
  createServiceFetch,
  readReply,
  type ServiceClientOptions,
  type ServiceReply,
} from "@codex/service";
import type { App } from "./app.ts";
import { ENTRY_LINES_TYPE, writeEntryLines } from "./domain/entry_lines.ts";
import { TICKET_HEADER } from "./ticket_header.ts";

const AUDIENCE = "storage";

/** The value is JSON because it was just parsed as such: walking 1 MiB again would find nothing. */
const GetReply = StorageGetResult.extend({ data: z.custom<Json>((data) => data !== undefined) });

export function createStorageClient(
  options: Omit<ServiceClientOptions, "audience">,
): StorageService {
  const send = createServiceFetch({ ...options, audience: AUDIENCE });
  const { internal } = hc<App>(options.baseUrl);
  const { storage } = internal;
  const read = <Schema extends z.ZodType>(schema: Schema, reply: ServiceReply) =>
    readReply(AUDIENCE, schema, reply);
  const withTicket = (ticket: string) => ({ [TICKET_HEADER]: ticket });

  return {
    async get(context, ticket, key) {
      const call = { fetch: send(context), headers: withTicket(ticket) };
      return await read(GetReply, await storage.get.$post({ json: { key } }, call));
    },
    async set(context, ticket, entry) {
      const headers = { ...withTicket(ticket), "content-type": ENTRY_LINES_TYPE };
      const init = { body: writeEntryLines(entry) };
      const call = { fetch: send(context), headers, init };
      await read(StorageSetResult, await storage.set.$post({}, call));
    },
    async delete(context, ticket, key) {
      const call = { fetch: send(context), headers: withTicket(ticket) };
      const reply = await storage.delete.$post({ json: { key } }, call);
      return (await read(StorageDeleteResult, reply)).deleted;
    },
    async list(context, ticket) {
      const call = { fetch: send(context), headers: withTicket(ticket) };
      return await read(StorageListResult, await storage.list.$post({}, call));
    },
    async clear(context, ticket) {
      const call = { fetch: send(context), headers: withTicket(ticket) };
      return (await read(StorageClearResult, await storage.clear.$post({}, call))).deletedCount;
    },
    async use(context, pluginId) {
      const call = { fetch: send(context) };
      const reply = await internal.plugins[":pluginId"].use.$get({ param: { pluginId } }, call);
      return await read(StorageUse, reply);
    },
    async purgeConnection(context, id) {
      const call = { fetch: send(context) };
      await read(Purged, await internal.connections[":id"].$delete({ param: { id } }, call));
    },
    async purgeUser(context, id) {
      const call = { fetch: send(context) };
      await read(Purged, await internal.users[":id"].$delete({ param: { id } }, call));
    },
  };
}

const Purged = z.object({});
