/**
 * Identifiers, branded so that one kind never passes for another.
 *
 * All are UUIDs (http-api: "Ids are UUIDs"), except what a plugin names itself (`externalId`), which
 * stays a plain string.
 */
import { z } from "zod";

const uuid = z.uuid().toLowerCase();

export const UserId = uuid.brand("UserId");
export type UserId = z.infer<typeof UserId>;

export const PluginId = uuid.brand("PluginId");
export type PluginId = z.infer<typeof PluginId>;

/** One user's connection to one plugin; a new one is made when the user connects again. */
export const ConnectionId = uuid.brand("ConnectionId");
export type ConnectionId = z.infer<typeof ConnectionId>;

export const LibraryId = uuid.brand("LibraryId");
export type LibraryId = z.infer<typeof LibraryId>;

export const SeriesId = uuid.brand("SeriesId");
export type SeriesId = z.infer<typeof SeriesId>;

export const BookId = uuid.brand("BookId");
export type BookId = z.infer<typeof BookId>;

export const HistoryId = uuid.brand("HistoryId");
export type HistoryId = z.infer<typeof HistoryId>;

export const SessionId = uuid.brand("SessionId");
export type SessionId = z.infer<typeof SessionId>;

export const ApiKeyId = uuid.brand("ApiKeyId");
export type ApiKeyId = z.infer<typeof ApiKeyId>;

/** Task ids carry their owner as prefix (architecture: "State, replicas and scale"). */
export const TaskId = z.string().regex(/^(lib|syn)_[0-9a-f-]{36}$/).brand("TaskId");
export type TaskId = z.infer<typeof TaskId>;

/** Path parameters named `{…Id}` that aren't the service's own plain `{id}`. */
export const PathIds = z.object({ id: z.uuid() });
export const PathPluginId = z.object({ pluginId: PluginId });
